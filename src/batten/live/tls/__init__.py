"""TLS at a port: what it takes by ClientHellos of our own, which certificates it shows, and how it negotiates."""
