"""What the guard in Python asks of bodies and headers, and the exported ones do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.contract.surface import switches
from batten.guard.content.media_types import Kind, kind_of
from batten.guard.served import Served
from batten.policy.guarding import ReadOnly

_PROBLEM = b"application/problem+json"
_REFUSED = (400, 401, 413, 415, 422, 500)


def left_out(served: Served) -> Iterator[str]:
    """Of one operation."""
    operation = served.operation
    for name in operation.body.media if operation.body is not None else ():
        bare = name.partition(";")[0].strip().lower()
        if "*" in bare and operation.body is not None and operation.body.media[name].schema is not None:
            yield f"{served.label} request {name}: bodies of other media types than JSON"
        elif kind_of(bare) is not Kind.JSON and _is_asked(served, bare):
            yield f"{served.label} request {name}: the body"
    for status, response in operation.responses.items():
        for name, media in response.media.items():
            if served.intakes.of_answer(media, name, served.validators).reader is not None:
                yield f"{served.label} {status} {name}: the body"
        for name in response.headers:
            if served.asks_header(status, name):
                yield f"{served.label} {status}: header {name}"


def of_all(operations: Iterable[Served], sockets: Iterable[str]) -> Iterator[str]:
    """Of a whole contract; `sockets` are the paths of WebSockets that batten.yaml lists."""
    every = list(operations)
    shaped = sum(1 for served in every if any(_is_shaped(served, status) for status in _REFUSED))
    if shaped:
        yield f"the declared shape of refusals of {shaped} operations: they are problem documents"
    opened = [*(served.label for served in every if switches(served.operation)), *sockets]
    if opened:
        also = f" and {len(opened) - 1} more" if opened[1:] else ""
        yield f"the WebSocket of {opened[0]}{also}: no upgrade is forwarded, only other requests of the path"
    if every and every[0].intakes.read_only is not ReadOnly.REFUSE:
        yield "`read-only` of batten.yaml: readOnly properties in requests are refused"


def _is_asked(served: Served, name: str) -> bool:
    boundary = "; boundary=x" if kind_of(name) is Kind.MULTIPART else ""
    intake = served.intake(name + boundary)
    return bool(intake.objection) or intake.reader is not None


def _is_shaped(served: Served, status: int) -> bool:
    shape = served.shape(status)
    return shape is not None and shape.media_type != _PROBLEM
