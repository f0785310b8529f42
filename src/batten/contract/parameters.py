"""How parameters are written in a request and what their texts may mean: a plan as data, for every engine."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from batten.contract.contract import Contract, Operation, Parameter, Schema
from batten.contract.readings import SCALARS, TEXT, Kind, Readings, Way, readings_of, resolved
from batten.contract.source import Place
from batten.model.record import record

FORM = "application/x-www-form-urlencoded"
DEEPEST = 5  # brackets of a deepObject
IGNORED = frozenset(
    ("accept", "content-type", "authorization")
)  # as header parameters (Parameter Object, `name`)


class Style(Enum):
    SIMPLE = "simple"
    LABEL = "label"
    MATRIX = "matrix"
    FORM = "form"
    SPACE = "spaceDelimited"
    PIPE = "pipeDelimited"
    TAB = "tsv"  # OpenAPI 2.0
    DEEP = "deepObject"
    COOKIE = "cookie"  # OpenAPI 3.2: as cookies are written, without percent-encoding
    CONTENT = "content"  # one text of a media type


@record(kw_only=True)
class Slot:
    """One parameter. `separator` is what is between the items of an array or the members of an object where they
    are in one value. `problem` says why its value cannot be judged, "" where it can."""

    name: str
    location: str
    style: Style
    explode: bool
    separator: str
    readings: Readings
    required: bool
    allow_empty: bool
    media_type: str
    schema: Schema | None
    place: Place
    problem: str = ""


_STYLES = {
    "path": (Style.SIMPLE, Style.LABEL, Style.MATRIX),
    "query": (Style.FORM, Style.SPACE, Style.PIPE, Style.DEEP),
    "header": (Style.SIMPLE,),
    "cookie": (Style.FORM, Style.COOKIE),
}
_COLLECTIONS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|", "multi": ","}
_SEPARATORS = {Style.SPACE: " ", Style.PIPE: "|", Style.TAB: "\t"}
# Before these versions the table of styles separated the items of a label that is not exploded by periods; since then
# by commas, as RFC 6570 (3.2.5) does.
_PERIODS = ("3.0.0", "3.0.1", "3.0.2", "3.0.3", "3.1.0")


def slots(contract: Contract, operation: Operation, loose: bool = False) -> tuple[Slot, ...]:
    """The parameters of an operation that the specification does not ignore. `loose` is of booleans (Way)."""
    return tuple(
        slot(contract, parameter, loose)
        for parameter in operation.parameters
        if parameter.location != "header" or parameter.name.lower() not in IGNORED
    )


def slot(contract: Contract, parameter: Parameter, loose: bool = False) -> Slot:
    """How one parameter is written and read."""
    style, explode, separator = _serialization(contract.version, parameter)
    depth = DEEPEST if style is Style.DEEP else 2 if style is Style.CONTENT else 1
    readings = readings_of(contract, parameter.schema, depth, loose)
    if style is Style.DEEP and readings.ways == TEXT.ways:
        readings = replace(readings, ways=(Way(Kind.OBJECT, others=TEXT, takes_others=True),))
    if style is Style.CONTENT and not _is_form(parameter.media_type):
        readings = TEXT
    # Why its values cannot be judged.
    known = {s.value for s in _STYLES.get(parameter.location, ())}
    if contract.version.startswith("2."):
        known = set(_COLLECTIONS) - (set() if parameter.location == "query" else {"multi"})
    if parameter.style and style is not Style.CONTENT and parameter.style not in known:
        problem = f"style '{parameter.style}' is not defined for {parameter.location} parameters"
    elif style is Style.CONTENT:
        if (
            is_json(parameter.media_type)
            or _bare(parameter.media_type) == "text/plain"
            or (parameter.location == "querystring" and _is_form(parameter.media_type))
        ):
            problem = ""
        else:
            problem = f"content of {parameter.media_type or 'no media type'} is not read"
    elif style is not Style.DEEP and any(_is_nested(way) for way in readings.ways):
        problem = f"style '{style.value}' is not defined for arrays and objects in arrays and objects"
    else:
        problem = ""
    return Slot(
        name=parameter.name,
        location=parameter.location,
        style=style,
        explode=explode,
        separator=separator,
        readings=readings,
        required=parameter.required or parameter.location == "path",
        allow_empty=parameter.allow_empty and parameter.location == "query",
        media_type=_bare(parameter.media_type),
        schema=resolved(contract, parameter.schema),
        place=parameter.place,
        problem=problem,
    )


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _is_form(media_type: str) -> bool:
    return _bare(media_type) == FORM


def is_json(media_type: str) -> bool:
    name = _bare(media_type)
    return name in ("application/json", "text/json") or name.endswith("+json")


def _serialization(version: str, parameter: Parameter) -> tuple[Style, bool, str]:
    if parameter.media_type or parameter.location == "querystring":
        return Style.CONTENT, True, ","
    if version.startswith("2."):
        # The style of a collectionFormat (OpenAPI 2.0, Parameter Object).
        simple = Style.FORM if parameter.location == "query" else Style.SIMPLE
        style = {"ssv": Style.SPACE, "tsv": Style.TAB, "pipes": Style.PIPE}.get(parameter.style, simple)
        return style, parameter.style == "multi", _COLLECTIONS.get(parameter.style, ",")
    default = Style.FORM if parameter.location in ("query", "cookie") else Style.SIMPLE
    known = {style.value: style for style in _STYLES[parameter.location]}
    style = known.get(parameter.style, default)
    explode = style in (Style.FORM, Style.COOKIE) if parameter.explode is None else parameter.explode
    separator = _SEPARATORS.get(style, ",")
    if style is Style.LABEL and (explode or version in _PERIODS):
        separator = "."
    return style, explode, separator


def _is_nested(way: Way) -> bool:
    below = [*way.members.values(), *(r for r in (way.items, way.others) if r is not None)]
    return any(readings.ways and not readings.kinds & SCALARS for readings in below)
