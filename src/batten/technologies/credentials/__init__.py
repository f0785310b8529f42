"""Files that hold credentials: keys, environments and scripts."""
