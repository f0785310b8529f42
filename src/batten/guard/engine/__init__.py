"""`guard run --engine`: the exported guard in a server that is installed, started and looked after."""
