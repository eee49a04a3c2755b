"""The status page: what it shows and takes, and the server behind it."""
