"""Data stores with users, encryption and limits: each module is one store."""
