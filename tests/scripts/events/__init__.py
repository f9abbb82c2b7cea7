"""`blueprint events`."""
