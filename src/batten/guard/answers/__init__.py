"""What answers are held against, and how their headers and the guard's own documents are made."""
