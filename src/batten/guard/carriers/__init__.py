"""What the ASGI and WSGI middleware do with one request."""
