"""xAI's realtime model as a server that hears, thinks and speaks."""
