"""What answers are held against, and the headers that they get out with."""
