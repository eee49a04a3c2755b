"""What the recogniser listens for, what it rejects, and how synthesisers sound to it."""
