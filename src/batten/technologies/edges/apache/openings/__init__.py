"""Hosts that a request decides: redirects and upstreams, and the edits that fix them."""
