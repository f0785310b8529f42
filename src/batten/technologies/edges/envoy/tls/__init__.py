"""TLS of the listeners and upstreams: what is read, and the edits that turn it on."""
