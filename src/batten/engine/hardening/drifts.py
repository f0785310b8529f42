"""One difference between a deployment and what it was made from."""

from __future__ import annotations

from enum import Enum

from batten.model.record import record


class Cause(Enum):
    DEPLOYMENT = "deployment"
    CONTRACT = "contract"
    POLICY = "policy"
    BATTEN = "batten"
    LOCK = "lock file"
    IMAGE = "image"
    SECRET = "secret"


@record
class Drift:
    cause: Cause
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.cause.value}: {self.path} {self.what}"
