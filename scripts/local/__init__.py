"""This machine as the cloud."""
