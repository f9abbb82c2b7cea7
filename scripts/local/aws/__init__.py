"""The local AWS: moto as a server, and what it lacks."""
