"""Where the guard is more lenient than the contract: presets of frameworks and the user's own rows."""
