"""What all readers of Python code share: modules, the values of expressions, and edits of both."""
