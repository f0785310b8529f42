"""The words that JSON reports use where there are only some, as their schema lists them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from batten.facts import Stage
from batten.model import Context, Kind, Safety, Severity, State

SeverityName: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [s.label for s in Severity]})]
StateName: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [s.value for s in State]})]
ContextName: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [c.value for c in Context]})]
SafetyName: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [s.value for s in Safety]})]
StageName: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [s.value for s in Stage]})]
PlaceKind: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [k.value for k in Kind]})]
