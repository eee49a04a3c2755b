"""Sums, units, coins and dice."""
