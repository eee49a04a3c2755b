"""The starter kit: what a device understands before anything is downloaded, and how it is made."""

from pathlib import Path

KIT = Path(__file__).parent
"""The folder of the files that a device runs with, and of those they are made from."""
