"""What active assessments create: bodies, the journal of what was sent, the list of what was made, and its removal."""
