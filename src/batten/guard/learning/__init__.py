"""Traffic that the contract does not declare: samples of it, what they are counted as, and the contract drafted from them."""
