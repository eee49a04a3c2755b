"""What the device keeps for its owner: notes, lists, memories."""
