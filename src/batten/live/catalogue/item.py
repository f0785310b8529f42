"""One thing that should not be served, and the ways to prove by content that it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from batten.live import proofs
from batten.live.exchange import Response
from batten.model.record import record

Proof = Callable[[Response], bool]
READ = 100_000  # characters of a body that a proof looks at


class Sort(Enum):
    """FILE is a file that must not be served; the others are endpoints that answer: a console, interactive
    documentation, a metrics page, a listing of a directory."""

    FILE = "file"
    CONSOLE = "console"
    DOCS = "docs"
    METRICS = "metrics"
    LISTING = "listing"


ASKED = {Sort.FILE: 10, Sort.DOCS: 20, Sort.METRICS: 6, Sort.CONSOLE: 2, Sort.LISTING: 12}


@record
class Item:
    """The first of `paths` are asked for; as suffixes all of them recognise the item wherever it came from."""

    what: str
    sort: Sort
    proof: Proof
    paths: tuple[str, ...]
    anywhere: bool = False  # the content alone is proof enough, whatever the path
    grave: bool = True  # False: it tells how the thing is made, and gives nobody a key
    below: bool = False  # often below the API's own path too
    follows: bool = False  # asked for only when something else in its folder proved to be there
    page: bool = False  # shown to browsers only, by the type that they accept

    @property
    def asked(self) -> tuple[str, ...]:
        """What is worth a request. A whole assessment has to fit into the budget of an environment."""
        return self.paths[: ASKED[self.sort] if self.grave else 1]

    def named_by(self, path: str) -> bool:
        return self.anywhere or any(path.endswith(p) for p in self.paths)


def file(what: str, proof: Proof, paths: str, anywhere: bool = False, grave: bool = True) -> Item:
    """`paths` are written with blanks between them, as in all rows."""
    return Item(what, Sort.FILE, proof, tuple(paths.split()), anywhere, grave)


def follower(item: Item) -> Item:
    """Not worth a request unless its folder gave something away."""
    return replace(item, follows=True)


def made(what: str, proof: Proof, paths: str) -> Item:
    """A file of how the application is built: it names parts and versions, and holds no key."""
    return file(what, proof, paths, grave=False)


def console(what: str, proof: Proof, paths: str, below: bool = False, page: bool = False) -> Item:
    return Item(what, Sort.CONSOLE, proof, tuple(paths.split()), below=below, page=page)


def docs(what: str, proof: Proof, paths: str, below: bool = True, page: bool = False) -> Item:
    return Item(what, Sort.DOCS, proof, tuple(paths.split()), below=below, page=page)


def metrics(what: str, proof: Proof, paths: str, anywhere: bool = False, below: bool = False) -> Item:
    return Item(what, Sort.METRICS, proof, tuple(paths.split()), anywhere, below=below)


def text(*patterns: str) -> Proof:
    """The answer is 200 and no web page, and every pattern occurs; `^` and `$` are those of a line."""
    compiled = [re.compile(p, re.MULTILINE) for p in patterns]  # ours: the catalogue's

    def proves(response: Response) -> bool:
        if response.status != 200 or proofs.is_page(response):
            return False
        body = response.text[:READ]
        return all(p.search(body) for p in compiled)

    return proves


def page(*patterns: str) -> Proof:
    """The answer is 200, and every pattern occurs; it may be a web page."""
    compiled = [re.compile(p, re.MULTILINE) for p in patterns]  # ours: the catalogue's

    def proves(response: Response) -> bool:
        body = response.text[:READ]
        return response.status == 200 and all(p.search(body) for p in compiled)

    return proves


def titled(title: str, *patterns: str) -> Proof:
    """A web page whose title begins so, with every pattern in it: for names that no other product has."""
    return page(rf"(?i:<title[^<>]*>)\s*(?:{title})", *patterns)


def named(title: str, *patterns: str) -> Proof:
    """A web page whose whole title is this: for names that are words of the language too."""
    return titled(rf"(?:{title})\s*</(?i:title)>", *patterns)


def starts(*magics: bytes) -> Proof:
    return lambda response: response.status == 200 and response.body.startswith(magics)


def keys(*paths: str) -> Proof:
    """A JSON object that has all these keys; a dot leads into an object, `0` into a list."""
    wanted = [path.split(".") for path in paths]

    def proves(response: Response) -> bool:
        if response.status != 200 or response.body.lstrip()[:1] not in (b"{", b"["):
            return False
        if response.truncated:  # cut, so no JSON any more: the last keys must do as words
            return all(f'"{way[-1]}"' in response.text for way in wanted)
        try:
            document = json.loads(response.text)
        except (ValueError, RecursionError):
            return False
        return all(_leads(document, way) for way in wanted)

    return proves


def _leads(value: object, way: list[str]) -> bool:
    for step in way:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and value and step == "0":
            value = value[0]
        else:
            return False
    return True


def both(*proofs_: Proof) -> Proof:
    return lambda response: all(proof(response) for proof in proofs_)
