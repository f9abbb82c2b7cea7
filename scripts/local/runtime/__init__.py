"""The local runtime: brings what was deployed to life."""
