"""A server that hears, thinks and speaks: its turns, its reply, and what must be true of it."""
