"""Engines that say texts in another way."""
