"""Two files for the owner of an X-Talk server; they run there, and nothing here imports them."""
