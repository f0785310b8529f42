"""What requests are held against before the contract's schemas: heads, credentials, rates."""
