"""Orders: taken once they are committed, told to others by an event of the same transaction."""
