"""The device as its owner and its service manager see it."""
