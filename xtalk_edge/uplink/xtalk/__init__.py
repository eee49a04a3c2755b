"""A client of X-Talk servers: the protocol of every generation (pure), and the connection."""
