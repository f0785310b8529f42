"""What lock files, bills of materials and lists of installed packages have in common."""
