"""One environment, assessed once: its source brought here, batten run on it in a process of its own, its report read."""
