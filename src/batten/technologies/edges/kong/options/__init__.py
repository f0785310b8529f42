"""kong.conf and its environment variables: the facts, and the edits that change them."""
