"""Callbacks: a wish to be called, which staff see in a list and act on."""
