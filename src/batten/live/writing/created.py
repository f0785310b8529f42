"""What an active assessment creates: noted before it is asked for, so that it can be listed and removed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urljoin, urlsplit

from batten.live.exchange import Request, Response
from batten.live.survey import Survey, identifier_of
from batten.model.record import record

MOST_LISTED = 1000  # things of a list that are compared

Patterned = re.compile(r"\{([^{}/]+)\}")


@record
class Writing:
    """A request that may create something. `url` is its own; `listing` is where the contract documents a list of such
    things, and `inside` the URL that an identifier is added to, "" where it documents none. `before` are the
    identifiers that the list showed before, None where it showed none that can be compared."""

    method: str
    url: str
    label: str = ""  # what its body is known by; "" where there was no room for one
    listing: str = ""
    inside: str = ""
    parameter: str = ""
    readable: bool = False  # the contract documents GET of one thing …
    removable: bool = False  # … and DELETE
    before: tuple[str, ...] | None = None
    status: int = 0  # 0: no answer
    items: tuple[str, ...] = ()  # URLs that the answer names

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300 or self.status == 303


def writing_of(request: Request, survey: Survey) -> Writing:
    """What is known of a request before it is sent."""
    label = survey.label if survey.label and survey.label.encode() in request.body else ""
    bare = request.url.partition("?")[0]
    template = matched(request.method, bare, survey)
    if request.method != "POST":
        reads = "GET" in survey.verbs.get(template, ())
        deletes = "DELETE" in survey.verbs.get(template, ())
        return Writing(request.method, bare, label, readable=reads, removable=deletes)
    one = next((t for t in survey.verbs if template and _steps_below(t, template)), "")
    verbs = survey.verbs.get(one, frozenset())
    # Where things of this kind are listed, with the parameters that the contract requires.
    call = next((c for c in survey.calls if c.template == template), None)
    if call is None:
        listing = ""
    else:
        question, query = call.path.partition("?")[1:]
        listing = f"{bare}{question}{query}"
    return Writing(
        request.method,
        bare,
        label,
        listing=listing,
        inside=f"{bare.rstrip('/')}/" if one else "",
        parameter=one.rpartition("{")[2].rstrip("}/"),
        readable="GET" in verbs,
        removable="DELETE" in verbs,
    )


def matched(method: str, url: str, survey: Survey) -> str:
    """The template of the contract that takes a call of a URL; "" for none."""
    path = urlsplit(url).path
    below = path.removeprefix(survey.prefix) if survey.prefix else path
    return survey.match(method, path) or survey.match(method, below)


def _steps_below(template: str, above: str) -> bool:
    """Whether a template is the other's with one identifier added."""
    rest = template.removeprefix(above.rstrip("/") + "/")
    return rest != template and Patterned.fullmatch(rest.rstrip("/")) is not None


def answered(writing: Writing, response: Response) -> Writing:
    """The same with what the answer says; `items` are addresses at the place that was asked, and no others."""
    known = replace(writing, status=response.status)
    if not known.accepted:
        return known
    if writing.method == "PUT":
        return replace(known, items=(writing.url,) if response.status == 201 else ())
    return replace(
        known, items=tuple(dict.fromkeys((*_located(writing, response), *_named(writing, response))))
    )


def _located(writing: Writing, response: Response) -> list[str]:
    place = response.header("location") or (
        response.header("content-location") if response.status == 201 else ""
    )
    if not place or len(place) > 2000:
        return []
    try:
        address = urljoin(response.request.url, place).partition("#")[0]
        same = urlsplit(address)[:2] == urlsplit(writing.url)[:2]
    except ValueError:
        return []
    return [address] if same and address.partition("?")[0].rstrip("/") != writing.url.rstrip("/") else []


def _named(writing: Writing, response: Response) -> list[str]:
    """The address that the identifier in the answer makes."""
    if not writing.inside:
        return []
    document = parsed(response)
    inner = [v for v in document.values() if isinstance(v, dict)] if isinstance(document, dict) else []
    for thing in (document, *(inner if len(inner) == 1 else ())):
        if isinstance(thing, dict) and (name := identifier_of(thing, writing.parameter)):
            return [address_of(writing, name)]
    return []


def parsed(response: Response) -> object:
    """The JSON document of an answer; None where it is cut or has none."""
    if response.truncated:
        return None
    try:
        return json.loads(response.text)
    except (ValueError, RecursionError):
        return None


def address_of(writing: Writing, name: str) -> str:
    return writing.inside + quote(name, safe="")


def identifiers(response: Response, writing: Writing, holds: str = "") -> tuple[str, ...] | None:
    """The identifiers of the things in a list, of those that hold a text where one is given; None where the answer is not
    a list that can be compared."""
    if response.status != 200:
        things: list[object] | None = None
    else:
        document = parsed(response)
        if isinstance(document, dict):
            lists = [value for value in document.values() if isinstance(value, list)]
            things = lists[0] if len(lists) == 1 else None
        else:
            things = document if isinstance(document, list) else None
    if things is None or len(things) > MOST_LISTED:
        return None
    fit = [thing for thing in things if not holds or holds in json.dumps(thing)]
    names = [_name(thing, writing.parameter) for thing in fit]
    return None if "" in names else tuple(names)


def _name(thing: object, parameter: str) -> str:
    if isinstance(thing, dict):
        return identifier_of(thing, parameter)
    return str(thing) if isinstance(thing, (str, int)) and not isinstance(thing, bool) else ""


Note = Callable[[tuple[Writing, ...]], None]
