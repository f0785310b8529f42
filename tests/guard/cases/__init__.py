"""The black-box suite as data: what is sent, and what every carrier must make of it."""
