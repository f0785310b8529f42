"""One technology, and the marks by which answers show it."""

from __future__ import annotations

import re

from batten.facts import Stage
from batten.live.exchange import Response
from batten.model.record import record

READ = 10_000  # bytes of a body, and …
LONGEST = 500  # … of a header in which a mark is looked for


@record(kw_only=True)
class Mark:
    """What an answer shows: a header's value, the name of a cookie, or the text of a body. A group of the pattern is the
    version. `status` is the least that the answer must have; `alone` is False for what others may answer, too."""

    where: str  # a header by its lower-case name, "cookie", "body", "" for the issuer of a certificate
    pattern: re.Pattern[str]
    what: str = ""  # the noun for people, where `where` does not say it
    status: int = 0
    media: str = ""  # what the media type of a body ends with
    alone: bool = True

    def found(self, response: Response, text: str) -> re.Match[str] | None:
        """`text` is what is read of the body (`beginning`), decoded once for all marks."""
        if response.status < self.status:
            return None
        if self.where == "body":
            fits = response.media_type.endswith(self.media)
            return self.pattern.search(text) if fits and text else None
        if self.where == "cookie":
            names = (value.partition("=")[0].strip() for value in response.all("set-cookie"))
            return next((m for name in names if (m := self.pattern.fullmatch(name[:LONGEST]))), None)
        value = response.header(self.where)[:LONGEST] if self.where else ""
        return self.pattern.search(value) if value else None


def beginning(response: Response) -> str:
    return response.body[:READ].decode("utf-8", "replace")


@record(kw_only=True)
class Technology:
    """A row. `source` is the vendor's page that documents what its marks are; `also` names rows that it is made with and
    whose marks it shows, too, so that they say nothing more."""

    name: str
    title: str
    stage: Stage
    marks: tuple[Mark, ...]
    source: str
    also: tuple[str, ...] = ()


def sent(name: str, pattern: str, *, alone: bool = True) -> Mark:
    """A header that names it."""
    return Mark(where=name, pattern=re.compile(pattern, re.IGNORECASE), alone=alone)  # ours: one of the rows


def cookie(pattern: str, *, alone: bool = True) -> Mark:
    return Mark(where="cookie", pattern=re.compile(pattern), alone=alone)  # ours: one of the rows


def page(pattern: str, what: str = "an error page", *, status: int = 400, alone: bool = True) -> Mark:
    compiled = re.compile(pattern)  # ours: one of the rows
    return Mark(where="body", pattern=compiled, what=what, status=status, media="html", alone=alone)


def text(pattern: str, what: str = "an error", *, media: str = "", alone: bool = True) -> Mark:
    """The body of an error that is data or plain text."""
    compiled = re.compile(pattern)  # ours: one of the rows
    return Mark(where="body", pattern=compiled, what=what, status=400, media=media, alone=alone)


def trace(pattern: str) -> Mark:
    """A file of it in a stack trace, however that is sent."""
    compiled = re.compile(pattern)  # ours: one of the rows
    return Mark(where="body", pattern=compiled, what="a stack trace", status=400)


def issued(pattern: str) -> Mark:
    """The certificate that it makes by itself, where none was given to it."""
    return Mark(where="", pattern=re.compile(pattern), what="its own certificate")  # ours: one of the rows
