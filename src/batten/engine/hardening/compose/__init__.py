"""A whole Compose project, started by the Docker Engine of this machine for as long as it takes to look at it."""
