"""What `xtalk-edge uplink check` finds out about a server, and how it says it."""
