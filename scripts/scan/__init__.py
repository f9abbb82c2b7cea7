"""Scanners of other makers look at what the program would create, and at the code."""
