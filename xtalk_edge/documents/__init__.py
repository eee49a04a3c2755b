"""What the owner gives the device to read: taken in, cut into passages, and found again."""
