"""What technologies of several wings use: it imports no wing."""
