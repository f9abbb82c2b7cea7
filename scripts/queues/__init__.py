"""`blueprint queues`: how deep the queues are, what died in them and why, and moving it back."""
