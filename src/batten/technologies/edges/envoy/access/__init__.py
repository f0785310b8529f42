"""Access: what is restricted, and the edits that restrict it."""
