"""Text that tools make of other files, and the way back."""
