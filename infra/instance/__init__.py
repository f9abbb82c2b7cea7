"""What an instance is told at birth."""
