"""How a tree is deployed, as its own pipelines, scripts and notes show it."""
