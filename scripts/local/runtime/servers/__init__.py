"""The real servers behind what is deployed: how each is found, prepared, configured and started."""
