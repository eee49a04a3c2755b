"""How people say things: the phrase language, the description, and the values in it."""
