"""Engines that tell voices apart."""
