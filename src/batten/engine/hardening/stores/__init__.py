"""A data store, started for its proof, and clients that must get in or must not."""
