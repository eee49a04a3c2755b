"""What everything that talks to another machine shares: addresses, secrets, trust, and a border."""
