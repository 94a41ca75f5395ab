"""Lies at the root so that tests find the packages from here; the tiers themselves are in tests/tiers.py."""

pytest_plugins = ["tests.tiers"]
