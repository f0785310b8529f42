"""Schemas compiled to Lua: validators for engines that run Lua beside the traffic."""
