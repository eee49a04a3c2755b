"""Engines that tell how near texts are in meaning."""
