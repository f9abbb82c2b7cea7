"""The support chat: rooms in which a customer and the staff talk, on whichever instances."""
