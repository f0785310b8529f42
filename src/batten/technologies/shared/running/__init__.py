"""What to change in a technology that is known by its answers alone: by what its writer would write into a typical
configuration (`typical`), and by a table of settings where batten has no writer (`settings`)."""
