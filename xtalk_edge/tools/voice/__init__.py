"""How the device sounds: volume, voice, speed."""
