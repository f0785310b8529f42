"""Data stores, brokers and consoles as they answer anonymous clients: one harmless exchange each, a module per protocol."""
