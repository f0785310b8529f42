"""Traffic that the contract does not declare: what is kept of it, and what is drafted from it."""
