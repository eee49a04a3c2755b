"""Conversations in a simulated room, written down in TOML, held and judged."""
