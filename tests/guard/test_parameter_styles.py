"""What each style writes is read back as the same value, and what the quick checks accept, the careful ones do, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from cases.parameters import CASES, PREFIXES, Case
from guard_parameters import read
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from batten.contract import load
from batten.contract.parameters import Slot, slots
from batten.contract.readings import Kind
from batten.contract.validators import Validators
from batten.formats import Workspace
from batten.guard import Options, compile_contract
from batten.guard.parameters.judging import Query, in_cookies, in_header, in_path, in_query, pairs_of
from batten.guard.parameters.written import Written, values
from batten.policy import Policy

Value = str | int | list[str] | dict[str, str | int]
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
MEMBERS = "{type: object, properties: {a: {type: string}, b: {type: integer}, 'c d': {type: string}}}"
SCHEMAS = {
    "text": "{type: string}",
    "number": "{type: integer}",
    "list": "{type: array, items: {type: string}}",
    "object": MEMBERS,
}
PATH, QUERY, BOTH = (
    ("simple", "label", "matrix"),
    ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    (False, True),
)
STYLES = [
    *(("path", style, explode) for style in PATH for explode in BOTH),
    *(("query", style, explode) for style in QUERY for explode in BOTH),
    *(("header", "simple", explode) for explode in BOTH),
    *(("cookie", style, explode) for style in ("form", "cookie") for explode in BOTH),
]  # fmt: skip
_SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


def _declared() -> Iterator[str]:
    for number, (location, style, explode) in enumerate(STYLES):
        for kind, schema in SCHEMAS.items():
            where = "/{q}" if location == "path" else ""
            how = f"name: q, in: {location}, required: true, style: {style}, explode: {str(explode).lower()}, schema: {schema}"
            yield f"  /{number}/{kind}{where}: {{get: {{responses: {{}}, parameters: [{{{how}}}]}}}}\n"


TEXT = "openapi: 3.2.0\ninfo: {title: a, version: '1'}\npaths:\n" + "".join(_declared())
CONTRACT, _ = load(Workspace(Path(), {"openapi.yaml": TEXT}), "openapi.yaml")
VALIDATORS = Validators(CONTRACT)
SLOTS = {"/".join(o.path.split("/")[:3]): slots(CONTRACT, o)[0] for o in CONTRACT.operations}


def _kind(value: Value) -> str:
    return {str: "text", int: "number", list: "list", dict: "object"}[type(value)]


def _defined(location: str, style: str, explode: bool, value: Value) -> bool:
    """Whether the specification defines the style for a value, whose delimiters are not in it."""
    told = _text(value)
    if style in ("spaceDelimited", "pipeDelimited"):
        return isinstance(value, (list, dict)) and not explode and not set(" |") & set(told)
    if style == "deepObject":
        return isinstance(value, dict) and explode
    if location in ("header", "cookie") and style != "form":  # these have no escapes
        return told.isascii() and told.isprintable() and not set(',;=&%" ') & set(told)
    return "." not in told if style == "label" else True


def _text(value: Value) -> str:
    if isinstance(value, dict):
        return "".join(str(v) for v in value.values())
    return "".join(value) if isinstance(value, list) else str(value)


def _written(location: str, style: str, explode: bool, value: Value) -> str:
    """As RFC 6570 and the table of styles write it."""
    bare = location == "header" or style == "cookie"
    esc = (lambda one: str(one)) if bare else (lambda one: quote(str(one), safe=""))
    between = {"matrix": ";", "form": "&", "cookie": "; ", "label": "."}.get(style, ",")
    before = {"matrix": ";", "label": "."}.get(style, "")
    named = style in ("matrix", "form", "spaceDelimited", "pipeDelimited", "cookie")
    if style == "deepObject":
        assert isinstance(value, dict)
        return "&".join(f"{esc(f'q[{name}]')}={esc(one)}" for name, one in value.items())
    if isinstance(value, (str, int)):
        return f"{before}q={esc(value)}" if named else f"{before}{esc(value)}"
    if explode and isinstance(value, list):
        return before + between.join(f"q={esc(one)}" if named else esc(one) for one in value)
    if explode and isinstance(value, dict):
        return before + between.join(f"{esc(name)}={esc(one)}" for name, one in value.items())
    flat = value if isinstance(value, list) else [part for pair in value.items() for part in pair]
    joined = _SEPARATORS.get(style, ",").join(map(esc, flat))
    return f"{before}q={joined}" if named else before + joined


def _query(raw: bytes) -> Query:
    return Query(raw, pairs_of(raw))


def _found(slot: Slot, location: str, raw: str) -> Written:
    match location:
        case "path":
            return in_path(slot, {"q": raw})
        case "query":
            return in_query(slot, _query(raw.encode("latin-1")))
        case "header":
            return in_header(slot, ((b"q", raw.encode("latin-1")),))
    return in_cookies(slot, ((b"cookie", raw.encode("latin-1")),))


@pytest.mark.parametrize(("location", "style", "explode"), STYLES)
@given(
    st.one_of(
        TEXTS,
        st.integers(),
        st.lists(TEXTS, min_size=1, max_size=4),
        st.fixed_dictionaries({"a": TEXTS}, optional={"b": st.integers(), "c d": TEXTS}),
    )
)
@examples(max_examples=60, deadline=None)
def test_what_is_written_is_read(location: str, style: str, explode: bool, value: Value) -> None:
    if (
        isinstance(value, dict)
        and "c d" in value
        and (location in ("header", "cookie") or style in _SEPARATORS)
    ):
        value = {name: one for name, one in value.items() if name != "c d"}
    if not _defined(location, style, explode, value):
        return
    slot = SLOTS[f"/{STYLES.index((location, style, explode))}/{_kind(value)}"]
    assert not slot.problem
    found = _found(slot, location, _written(location, style, explode, value))
    assert values(slot, found, frozenset(), VALIDATORS) == [value]


@given(st.dictionaries(TEXTS, TEXTS, max_size=5))
def test_forms_are_read_as_they_are_written(pairs: dict[str, str]) -> None:
    """As `application/x-www-form-urlencoded` is written by the standard library: blanks are `+`."""
    query = urlencode(pairs).encode()
    slot = SLOTS[f"/{STYLES.index(('query', 'form', True))}/text"]
    assert slot.readings.kinds == {Kind.STRING}
    found = pairs_of(query)
    assert [name for name, _ in found] == list(pairs)
    for name, text in pairs.items():
        if name == "q":
            assert values(slot, in_query(slot, Query(query, found)), frozenset(), VALIDATORS) == [text]


PIECES = st.sampled_from(["q", "=", "&", "1", "a", "%", "%31", "+", ",", ".", "-", "0", "true", "null", "q[R]", "R", "G", "ids[]", "[", "%5B", "%ff", "|", "X"])  # fmt: skip
GUARDS = {version: compile_contract(read(version), Policy(), Options()) for version in PREFIXES}


@given(st.sampled_from(CASES), st.lists(PIECES, max_size=12).map("".join))
def test_quick_checks_accept_no_more(case: Case, query: str) -> None:
    """`accepts` returns names only where there are no complaints."""
    raw_path, _, known = case.target.encode("latin-1").partition(b"?")
    path = GUARDS[case.version].path(raw_path)
    if path is None:
        return
    inputs = path.served["GET"].inputs
    for sent in (known, query.encode(), known + b"&" + query.encode()):
        unknown = inputs.accepts(raw_path, sent, (), {})
        if unknown is not None:
            assert not list(inputs.complaints(raw_path, sent, ()))
            assert len(inputs.unknown(sent)) <= len(unknown)


@given(st.sampled_from(CASES), st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=10))
def test_any_bytes_are_judged(case: Case, query: bytes, value: bytes, segment: bytes) -> None:
    """A request is refused or it is not; nothing else happens."""
    raw_path, _, known = case.target.encode("latin-1").partition(b"?")
    path = GUARDS[case.version].path(raw_path)
    if path is None:
        return
    inputs = path.served["GET"].inputs
    headers = ((b"x-a", value), (b"cookie", b"c=" + value + b"; R=" + value))
    for target in (raw_path, raw_path + segment.replace(b"/", b"")):
        for sent in (query, known + b"&q=" + query, b"q[" + query + b"]=" + query):
            list(inputs.complaints(target, sent, headers))
            list(inputs.undeclared(sent))
            assert set(inputs.stripped(sent).split(b"&")) <= {*sent.split(b"&"), b""}
