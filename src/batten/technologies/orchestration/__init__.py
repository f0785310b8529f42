"""What builds, starts and connects containers and services."""
