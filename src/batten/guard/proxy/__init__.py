"""The guard as a proxy of its own: `batten guard run`."""
