"""Many hosts at once: which addresses and ports were named, which are open, and what listens there."""
