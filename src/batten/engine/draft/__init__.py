"""What a first batten.yaml can say of a stack, each value with the places that show it."""

from batten.engine.draft.draft import Draft, drafted
from batten.engine.draft.environments import Proposed
from batten.engine.draft.evidence import Find
from batten.engine.draft.folders import effect

__all__ = ["Draft", "Find", "Proposed", "drafted", "effect"]
