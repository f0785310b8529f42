"""What frameworks do beyond the contracts that are generated for them, as data: one row a habit, one line a framework."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from batten.contract.validators import Validator, validator_of
from batten.model.record import record
from batten.policy.leniency import Framework

# A value that tells a caller what was wrong: short, and no string of more than one line, as traces are.
_PLAIN: dict[str, Any] = {
    "anyOf": [
        {"type": ["null", "boolean", "number"]},
        {"type": "string", "maxLength": 1000, "pattern": "^[^\\r\\n]*$"},
        {"type": "array", "maxItems": 100, "items": {"$ref": "#/$defs/plain"}},
        {"type": "object", "maxProperties": 50, "additionalProperties": {"$ref": "#/$defs/plain"}},
    ]
}
_REF: dict[str, Any] = {"$ref": "#/$defs/plain"}
JSON, PROBLEM, TEXT = "application/json", "application/problem+json", "text/plain"


@record
class Told:
    """How errors are told in one media type. Without a schema the body is the status's phrase, and nothing else."""

    media_type: str
    says: str
    schema: Mapping[str, Any] | None = None

    def validator(self) -> Validator | None:
        """Made once."""
        if self.schema is None:
            return None
        found = _VALIDATORS.get(self.says)
        if found is None:
            found = _VALIDATORS[self.says] = validator_of({**self.schema, "$defs": {"plain": _PLAIN}})
        return found


_VALIDATORS: dict[str, Validator] = {}  # by what they say


def _members(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": _REF,
    }


_DETAIL = Told(
    JSON,
    '`{"detail": …}`',
    {"type": "object", "required": ["detail"], "properties": {"detail": _REF}, "additionalProperties": False},
)
_FIELDS = Told(JSON, '`{"detail": …}`, or messages by field', {"type": ["object", "array"], **_REF})
_PHRASE = Told(TEXT, "the status's phrase as text")
_PROBLEM = Told(
    PROBLEM,
    "a problem document (RFC 9457)",
    _members("title", "status", status={"type": "integer"}, title=_REF),
)
_LITESTAR = Told(
    JSON,
    '`{"status_code": …, "detail": …}`',
    _members("status_code", "detail", status_code={"type": "integer"}, detail={"type": "string", **_REF}),
)
_FASTIFY = Told(
    JSON,
    '`{"statusCode": …, "error": …, "message": …}`',
    _members("statusCode", "message", statusCode={"type": "integer"}, message={"type": "string", **_REF}),
)


@record
class Slashes:
    """The redirect to a path's twin with a slash at its end, or without: the guard itself sends it."""

    status: int
    removes: bool = False  # to the one without, too
    reads: bool = False  # of GET and HEAD only


class Habit(Enum):
    """What a preset changes, and why it must."""

    ERRORS = "a 400–499 that is not declared, or without a body, may have the framework's own: short values of one line"
    OPEN = "a success that declares no content, or JSON of the empty schema, may have any body"
    PAGES = "a success may be a page (`text/html`)"
    HEAD = "HEAD is accepted where GET is declared"
    BOOLEANS = (
        "a boolean parameter may be 1, on, t, y or yes, or 0, off, f, n or no, in any case, and True or False"
    )
    SLASHES = "a path that is declared with or without its last slash only is redirected, by the guard itself"


WHY: Mapping[Habit, str] = {
    Habit.ERRORS: "handlers raise errors that no generator sees; clients read their text",
    Habit.OPEN: "without a response model it declares `{}`, and for streams, files and redirects nothing",
    Habit.PAGES: "its browsable API answers browsers with pages, and declares JSON only",
    Habit.HEAD: "its router adds HEAD to every GET, its generator does not",
    Habit.BOOLEANS: "Pydantic reads these, and clients in Python write True",
    Habit.SLASHES: "its router redirects to the declared path",
}


@record
class Preset:
    errors: tuple[Told, ...] = ()
    is_open: bool = False
    has_pages: bool = False
    head: bool = False
    slashes: Slashes | None = None
    booleans: bool = False

    @property
    def habits(self) -> tuple[Habit, ...]:
        has = {
            Habit.ERRORS: bool(self.errors),
            Habit.OPEN: self.is_open,
            Habit.PAGES: self.has_pages,
            Habit.HEAD: self.head,
            Habit.BOOLEANS: self.booleans,
            Habit.SLASHES: self.slashes is not None,
        }
        return tuple(habit for habit in Habit if has[habit])


NONE = Preset()
# From the frameworks' own code: fastapi/exception_handlers.py and openapi/utils.py, starlette/routing.py (Route,
# redirect_slashes) and middleware/exceptions.py, django/middleware/common.py and views/generic/base.py (View.setup),
# rest_framework/views.py (exception_handler) and renderers.py, werkzeug/routing (Rule, RequestRedirect),
# connexion/problem.py, litestar/exceptions/responses, fastify's lib/error-handler.js and exposeHeadRoutes.
PRESETS: Mapping[Framework, Preset] = {
    Framework.FASTAPI: Preset((_DETAIL,), is_open=True, slashes=Slashes(307, removes=True), booleans=True),
    Framework.STARLETTE: Preset((_PHRASE,), head=True, slashes=Slashes(307, removes=True)),
    Framework.DJANGO: Preset(head=True, slashes=Slashes(301, reads=True)),
    Framework.DRF: Preset((_FIELDS,), has_pages=True, head=True, slashes=Slashes(301, reads=True)),
    Framework.FLASK: Preset(head=True, slashes=Slashes(308)),
    Framework.CONNEXION: Preset((_PROBLEM,)),
    Framework.LITESTAR: Preset((_LITESTAR,)),
    Framework.EXPRESS: Preset(head=True),
    Framework.FASTIFY: Preset((_FASTIFY,), head=True),
}


def table() -> str:
    """Of docs/guard.md: what each preset changes."""
    rows = ["| framework | what its preset changes | why |", "|---|---|---|"]
    for framework, preset in PRESETS.items():
        name = f"`{framework.value}`"
        for habit in preset.habits:
            rows.append(f"| {name} | {habit.value}{_more(preset, habit)} | {WHY[habit]} |")
            name = ""
    return "\n".join(rows) + "\n"


def _more(preset: Preset, habit: Habit) -> str:
    if habit is Habit.ERRORS:
        return ": " + ", ".join(told.says for told in preset.errors)
    if habit is Habit.SLASHES and preset.slashes is not None:
        both = "" if preset.slashes.removes else ", only to the one with a slash"
        return f" ({preset.slashes.status}{', GET and HEAD only' if preset.slashes.reads else ''}{both})"
    return ""
