"""What the brain is taught: endless examples, and the phrasings kept from it."""
