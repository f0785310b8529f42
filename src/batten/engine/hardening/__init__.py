"""A hardened deployment, written, kept in step with what it was made from, and proved."""
