"""Lies at the root so that tests find the packages from here; the tiers are in tests/tiers.py, the engines in tests/engines.py."""

pytest_plugins = ["tests.tiers", "tests.engines"]
