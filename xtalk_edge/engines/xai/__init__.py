"""What xAI's recogniser, voice and conversation have in common."""
