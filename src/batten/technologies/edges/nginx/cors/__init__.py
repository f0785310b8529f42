"""CORS: who may read answers, and the edits that let in others."""
