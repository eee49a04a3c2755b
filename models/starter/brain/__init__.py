"""From the corpus to brain.gguf, and what that is worth."""
