"""nginx 1.18 and newer."""
