"""The built-in brain: its commands, corpus, grammar, training and export."""
