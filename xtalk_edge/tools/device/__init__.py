"""What the device knows about itself."""
