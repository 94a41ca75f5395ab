"""Meetings: people live together; who may enter, who is there, what was said."""
