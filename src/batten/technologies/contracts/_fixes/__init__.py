"""What fixes of contracts share."""
