"""Response headers: what is sent, and the edits that send it."""
