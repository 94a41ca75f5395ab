"""Offices: where they are, when they answer, when they are closed."""
