"""Tools that are not ours: the owner's functions, other libraries' objects, MCP servers."""
