"""The way to an X-Talk server: its protocol, its client, and when to believe it."""
