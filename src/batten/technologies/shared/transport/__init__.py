"""TLS and certificates, and the upstreams that a program connects to."""
