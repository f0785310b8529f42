"""Data stores, brokers and consoles as they answer a stranger: one harmless exchange each, a module a protocol."""
