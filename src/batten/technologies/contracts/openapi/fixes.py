"""Remedies as edits of an OpenAPI document."""

from __future__ import annotations

from batten.formats import Mapping, Sequence
from batten.formats.tree import Entry, Plain
from batten.model import Edit, Fix, Location, Safety
from batten.technologies.contracts._fixes.fixes import use_https
from batten.technologies.contracts.openapi import errors
from batten.technologies.contracts.openapi.errors import Declared, ErrorBody
from batten.technologies.shared.text.entries import Page, Way

BUCKET = 1024  # bytes; most JSON answers that tell a choice are shorter
_SAID = {
    "401": "The credentials are missing or not valid.",
    "4XX": "Why the request cannot be answered.",
    "5XX": "Why the server cannot answer now.",
    "default": "Why there is no other answer.",
}


def add_problem(
    page: Page, root: Page, statuses: tuple[str, ...], at: Location, known: Declared
) -> Fix | None:
    """Bodies for these statuses of the operation whose `responses` (or self) is at `at`: those that the document's other errors
    have. What an API sends where no operation says it, only its people know."""
    way = page.find(at.span) if at.span is not None else None
    top = root.root
    if way is None or way.entry is None or way.entry.alias or not isinstance(top, Mapping):
        return None
    is_2 = "swagger" in top
    operation = way.entry.value if way.entry.key.text != "responses" else way.holders[-1]
    own = isinstance(operation, Mapping) and page.source.path == root.source.path
    body = (
        errors.of_operation(top, operation) if own and isinstance(operation, Mapping) else None
    ) or known.common
    title = "declare the body of its errors"
    if body is None:
        question = "which body do this API's errors have? Declare it for one operation, or as a shared response (RFC 9457 names a form)"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    ranges = any(status.endswith("XX") for status in statuses)
    wanted = ("default",) if is_2 and ranges else statuses
    bare = next((s for s in wanted if s in known.bare), "")
    if bare:
        question = f"which body does the shared response `{bare}` have? Declare it there, and refer to it"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    # How the file of `page` names the file of `root` in a reference.
    if page.source.path == root.source.path:
        file = ""
    else:
        up = page.source.path.count("/")
        shared = 0
        ours, theirs = page.source.path.split("/"), root.source.path.split("/")
        while shared < min(up, len(theirs) - 1) and ours[shared] == theirs[shared]:
            shared += 1
        file = "/".join([".."] * (up - shared) + theirs[shared:])
    answers: dict[str, Plain] = {s: _answer(s, body, known.by_status.get(s, ""), file) for s in wanted}
    edits = _answers(page, way.entry, answers)
    if edits is None:
        return None
    breaks = "answers whose errors have another body, once the contract is enforced"
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _answers(page: Page, entry: Entry, answers: dict[str, Plain]) -> list[Edit] | None:
    value = entry.value
    if not isinstance(value, Mapping):
        return None
    if entry.key.text != "responses":
        first, empty = next(iter(value), None), value.entry("responses")
        if empty is not None:
            return [page.rewrite(value, empty, answers)]
        return None if first is None else [page.before(value, first, "responses", answers)]
    if not value.entries or any(status in value for status in answers):
        return None
    return [page.append(value, status, answer) for status, answer in answers.items()]


def _answer(status: str, body: ErrorBody, shared: str, file: str) -> dict[str, Plain]:
    def beside(reference: str) -> str:
        return file + reference if reference.startswith("#") else reference

    if shared or body.response:
        return {"$ref": beside(shared or body.response)}
    schema: dict[str, Plain] = {"schema": {"$ref": beside(body.schema)}}
    content: dict[str, Plain] = {"content": {body.media_type: schema}} if body.media_type else schema
    return {"description": _SAID[status], **content}


def demand_credentials(page: Page, root: Page, at: Location) -> Fix | None:
    """`security` for an operation or the document, when there is one scheme to choose; else a question."""
    top = root.root
    if at.span is None or not isinstance(top, Mapping):
        return None
    way = page.find(at.span)
    components = top.mapping("components")
    declared = components.mapping("securitySchemes") if components else top.mapping("securityDefinitions")
    names = list(declared.entries) if declared is not None else []
    if way is None or "security" in way.keys or len(names) != 1:
        title = "require credentials, or list the operation as public"
        if way is not None and "security" in way.keys:
            question = (
                "is it public? Then list it under `public:` in batten.yaml; else remove its empty `security`"
            )
        elif names:
            question = f"which of {', '.join(names)} does it require? Write it under `security`"
        else:
            question = "how do callers authenticate? Declare it under securitySchemes, and require it"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    demand: Plain = [{names[0]: []}]
    breaks = "callers without credentials, once the contract is enforced"
    if way.entry is None:
        # A key of the document, in front of its paths: behind them, other edits may end at the same place.
        paths = top.entry("paths")
        edit = (
            root.before(top, paths, "security", demand)
            if paths is not None
            else root.append(top, "security", demand)
        )
        return Fix(f"require {names[0]} for every operation", (edit,), safety=Safety.RISKY, breaks=breaks)
    operation = way.entry.value
    first = next(iter(operation), None) if isinstance(operation, Mapping) else None
    if first is None or not isinstance(operation, Mapping) or way.entry.alias:
        return None
    edit = page.before(operation, first, "security", demand)
    return Fix(f"require {names[0]} for the operation", (edit,), safety=Safety.RISKY, breaks=breaks)


def use_tls(page: Page, at: Location, url: str = "") -> Fix | None:
    """https in a server's URL, or (Swagger 2.0) among the schemes; or `url`, when that is known."""
    way = page.find(at.span) if at.span is not None else None
    if at.span is None or way is None:
        return None
    written = page.source.text[at.span.start : at.span.end]
    title, breaks = "change the server's URL to https", "callers, until the server supports TLS"
    if way.keys[-1:] == ("schemes",):
        edit = _scheme(page, way, at, written)
        return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)
    if way.keys[-1:] == ("enum",):
        edit = _scheme(page, way, at, written)
        return Fix("offer TLS addresses only", (edit,), safety=Safety.RISKY, breaks="callers over plain HTTP")
    if url:
        edit = page.replace(at.span, f'"{url}"' if written[:1] == '"' else url)
        return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)
    return use_https(page, at)


def _scheme(page: Page, way: Way, at: Location, written: str) -> Edit:
    """Drop http where https is offered too; else https instead."""
    assert at.span is not None
    items = way.entry.value if way.entry is not None else None
    spans = [i.span for i in items] if isinstance(items, Sequence) else []
    offered = [i.plain() for i in items] if isinstance(items, Sequence) else []
    index = spans.index(at.span)
    if "https" in offered and isinstance(items, Sequence) and items.flow:
        if index + 1 < len(spans):
            return page.replace(type(at.span)(at.span.start, spans[index + 1].start), "")
        return page.replace(type(at.span)(spans[index - 1].end, at.span.end), "")
    if "https" in offered:
        text = page.source.text
        start = text.rfind("\n", 0, at.span.start) + 1
        end = text.find("\n", at.span.end) + 1
        return page.replace(type(at.span)(start, end or len(text)), "")
    return page.replace(at.span, written.replace("http", "https"))


def pad(page: Page, at: Location) -> Fix | None:
    """x-batten-padding on the line behind x-batten-choice."""
    way = page.find(at.span) if at.span is not None else None
    if way is None or way.entry is None:
        return None
    holder = way.holders[-1]
    known = holder.entry("x-batten-padding")
    if known is not None:
        edit = page.replace(known.value.span, str(BUCKET))
    else:
        edit = page.behind(holder, way.entry, "x-batten-padding", BUCKET)
    return Fix(f"pad its answers to multiples of {BUCKET} bytes", (edit,))
