"""The edges that are rendered: each folder is one engine, from `harden.edge.Edge` to its own configuration."""
