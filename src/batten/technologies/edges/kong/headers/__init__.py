"""Response headers, CORS among them: what is sent, and the edits that send it."""
