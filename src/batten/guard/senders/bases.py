"""Paths that several servers of a contract lead to."""

from __future__ import annotations

import re

from batten.contract import Contract, Operation
from batten.guard.options import GuardProblem

_EXPRESSION = re.compile(r"\{[^{}/]*\}")


def check_paths(contract: Contract) -> None:
    """Raises GuardProblem where two templates are one path, by the base paths of their servers: no request tells which."""
    known: dict[tuple[str, str], Operation] = {}
    for operation in contract.operations:
        for path in (operation.path, *operation.others):
            other = known.setdefault((operation.method, _shape(path)), operation)
            if _shape(other.template) != _shape(operation.template):
                line = contract.references.sources.line(operation.place)
                raise GuardProblem(
                    f"{operation.place.source}:{line}: {operation.method} {path} is both '{other.template}' and "
                    f"'{operation.template}', by the base paths of `servers`; give one of them servers of its own"
                )


def _shape(path: str) -> str:
    return _EXPRESSION.sub("{}", path)
