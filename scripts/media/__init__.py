"""Uploads pictures and films by the shop's API, as a page of it would."""
