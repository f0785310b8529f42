"""What the guard answers in its own name, and the headers that every answer gets out with."""
