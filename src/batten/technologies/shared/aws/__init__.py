"""AWS resources as facts, whatever language declares them."""
