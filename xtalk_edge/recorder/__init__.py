"""The flight recorder: what it writes, what is made of it, and how two courses of events differ."""
