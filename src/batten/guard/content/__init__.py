"""Bodies and header values as values that a schema can be held against, by their media types."""
