"""What a request is refused for, as far as its parameters tell."""

from __future__ import annotations

from collections.abc import Iterator

from batten.guard.options import Rule
from batten.guard.served import Served
from batten.guard.verdicts import Head, Refuse


def judged_parameters(served: Served, head: Head) -> Iterator[Refuse]:
    """400, or 422 where the contract has that and not the other."""
    declared = served.operation.responses
    status, title = (
        (422, "Unprocessable Content")
        if "422" in declared and "400" not in declared
        else (400, "Bad Request")
    )
    for complaint in served.inputs.complaints(head.raw_path, head.query, head.headers):
        yield Refuse(Rule.PARAMETERS, status, title, detail=complaint.detail)
    for complaint in served.inputs.undeclared(head.query) if head.query else ():
        yield Refuse(Rule.UNDECLARED, status, title, detail=complaint.detail, name=complaint.name)
