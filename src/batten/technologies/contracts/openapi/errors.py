"""The body that a document's operations declare for errors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from batten.formats import Mapping as Tree
from batten.model.record import record

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_GENERAL = re.compile(r"(?i)[a-z_-]*(?:problem|error|failure|default|unexpected)[a-z_-]*")
_ONE = re.compile(
    r"(?i)[a-z_-]*(?:not.?found|unauth|forbidden|conflict|invalid|validation|internal|bad.?request|unavailable|limit|exists)[a-z_-]*"
)


@record
class ErrorBody:
    """A media type with the schema of an error, as a reference (in Swagger 2.0 into `definitions`); the response that holds it, where it is shared and general."""

    media_type: str  # "" in Swagger 2.0
    schema: str
    response: str = ""


@record
class Declared:
    """What a document says of errors: the body that most have, and the shared response of each status."""

    common: ErrorBody | None
    by_status: Mapping[str, str]
    bare: frozenset[str] = frozenset()  # names of shared responses without a body


def declared(top: Tree) -> Declared:
    answers = list(_answers(top))
    shared = [("default", e.value) for e in _shared(top) or () if _GENERAL.fullmatch(e.key.text)]
    counted: dict[str, Counter[str]] = {}
    for status, answer in answers:
        if _reference(answer):
            counted.setdefault(status, Counter())[_reference(answer)] += 1
    by_status = {status: references.most_common(1)[0][0] for status, references in counted.items()}
    bare = {
        e.key.text
        for e in _shared(top) or ()
        if isinstance(e.value, Tree) and not list(_bodies(top, e.value))
    }
    return Declared(_commonest(top, answers) or _commonest(top, shared), by_status, frozenset(bare))


def of_operation(top: Tree, operation: Tree) -> ErrorBody | None:
    """The body that most of an operation's own errors have."""
    responses = operation.mapping("responses")
    return _commonest(top, [(e.key.text, e.value) for e in responses or ()])


def _commonest(top: Tree, answers: Iterable[tuple[str, object]]) -> ErrorBody | None:
    counted = Counter(
        body
        for status, answer in answers
        if _is_error(status) and isinstance(answer, Tree)
        for body in _bodies(top, answer)
    )
    if not counted:
        return None
    body = counted.most_common(1)[0][0]
    return ErrorBody(media_type=body[0], schema=body[1], response=_general(top, body))


def _is_error(status: str) -> bool:
    return status == "default" or status[:1] in ("4", "5")


def _answers(top: Tree) -> Iterator[tuple[str, object]]:
    """Every declared answer to an error with its status."""
    for path in top.mapping("paths") or ():
        for method in path.value if isinstance(path.value, Tree) else ():
            responses = (
                method.value.mapping("responses")
                if method.key.text in _METHODS and isinstance(method.value, Tree)
                else None
            )
            for entry in responses or ():
                if _is_error(entry.key.text):
                    yield entry.key.text, entry.value


def _shared(top: Tree) -> Tree | None:
    components = top if "swagger" in top else top.mapping("components")
    return components.mapping("responses") if components is not None else None


def _prefix(top: Tree) -> str:
    return "#/responses/" if "swagger" in top else "#/components/responses/"


def _reference(answer: object) -> str:
    return (answer.text("$ref") or "") if isinstance(answer, Tree) else ""


def _bodies(top: Tree, answer: Tree) -> Iterator[tuple[str, str]]:
    """The media types of an answer with the references of their schemas."""
    reference, shared = _reference(answer), _shared(top)
    if reference:
        name = reference.removeprefix(_prefix(top))
        target = shared.mapping(name) if shared is not None and reference.startswith(_prefix(top)) else None
        if target is not None and not _reference(target):
            yield from _bodies(top, target)
        return
    schema = answer.mapping("schema")
    if "swagger" in top:
        if schema is not None and _reference(schema):
            yield "", _reference(schema)
        return
    for media in answer.mapping("content") or ():
        held = media.value.mapping("schema") if isinstance(media.value, Tree) else None
        if held is not None and _reference(held):
            yield media.key.text, _reference(held)


def _general(top: Tree, body: tuple[str, str]) -> str:
    """A shared response with that body whose name says nothing of one status."""
    for entry in _shared(top) or ():
        name = entry.key.text
        general = _GENERAL.fullmatch(name) and not _ONE.fullmatch(name)
        if general and isinstance(entry.value, Tree) and body in list(_bodies(top, entry.value)):
            return _prefix(top) + name
    return ""
