"""What containers are made of: images, mounts, ports, variables."""
