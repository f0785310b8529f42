"""The one door to the file system: nothing outside this room opens, writes, links or removes a file."""

from batten.files.folders import Refused
from batten.files.root import LARGEST, Kind, Root
from batten.files.state import NoState, State, cache_of, state_of

__all__ = ["LARGEST", "Kind", "NoState", "Refused", "Root", "State", "cache_of", "state_of"]
