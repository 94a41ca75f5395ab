"""A person's own calendar address: what is coming up, read by a calendar program."""
