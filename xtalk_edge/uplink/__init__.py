"""Whether a server answers or speaks in the device's stead, or the device does.

The policy is here; `xtalk` and `xai` are the servers there are, `full` is how one that hears too is
shown the owner's turns, `check` is how an owner finds out about one, and `server_plugin` is what a
server's owner may add to it.
"""
