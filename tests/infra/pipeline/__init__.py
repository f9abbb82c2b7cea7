"""The delivery pipeline: what it may do, and that this is enough and no more."""
