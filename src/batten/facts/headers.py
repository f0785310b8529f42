"""What is sent to clients beside the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import Enum

from batten.facts.fact import Fact
from batten.model import ABSENT, Location, Setting
from batten.model.record import record


class Content(Enum):
    """What the answers are, as far as it is known: it decides which directives make sense.

    API is data only: no answer is meant to be rendered. BOTH is pages among other things."""

    __hash__ = object.__hash__

    API = "api"
    PAGE = "page"
    BOTH = "both"
    ASSET = "asset"
    UNKNOWN = "unknown"


def of_all(kinds: Iterable[Content]) -> Content:
    """What a place serves that serves each of these; what is unknown beside data leaves all of it unknown."""
    found = set(kinds)
    if found <= {Content.ASSET}:
        return Content.ASSET if found else Content.UNKNOWN
    found -= {Content.ASSET}
    if len(found) == 1:
        return found.pop()
    return Content.BOTH if found & {Content.PAGE, Content.BOTH} else Content.UNKNOWN


@record
class SentHeader:
    value: Setting[str]
    on_errors: bool = True  # sent with 4xx and 5xx answers too


@record(kw_only=True)
class ResponseHeaders(Fact):
    """The headers of all answers given in one place (a server, a location, an app), or of one answer.

    `sent` has lower-case names. `dropped` are headers that an outer block sends and this one
    silently loses. `status` is 0 in files and the answer's own on the wire. `complete` is False when
    something else may still add headers (an upstream behind a proxy): absence there is a finding at
    the edge only, which is where directives belong. `names` are the only host names that get these answers;
    (): any host, or those of the listener.
    """

    over_tls: bool
    sent: Mapping[str, SentHeader]
    dropped: Mapping[str, Setting[str]] = field(default_factory=dict)
    content: Content = Content.UNKNOWN
    evidence: tuple[Location, ...] = ()  # what shows the content, where that is in another place
    status: int = 0
    forwarded: bool = False  # an application behind answers, and may send what is not set here
    authenticated: bool = False
    body: bool = True
    charset_unneeded: bool = False  # the page names it itself, or is an error's few words in ASCII
    names: tuple[str, ...] = ()
    written_at: Location | None = (
        None  # the block that a header of this place is written to, where it is known
    )

    def __getitem__(self, name: str) -> Setting[str]:
        header = self.sent.get(name.lower())
        return header.value if header else Setting(ABSENT, self.at)

    def on_errors(self, name: str) -> bool:
        header = self.sent.get(name.lower())
        return header.on_errors if header else False


@record(kw_only=True)
class Banner(Fact):
    """A product that tells its name and version to every client."""

    product: str
    header: str  # "Server", "X-Powered-By", "Via" …
    shows_version: Setting[bool]
    shown: str = ""  # what was seen, or what the default shows
    doubt: str = ""  # what else was seen that contradicts it, as a clause


@record(kw_only=True)
class Cookie(Fact):
    """A cookie that is set; a flag that the setter has no say over is None."""

    name: str
    secure: Setting[bool]
    http_only: Setting[bool]
    same_site: Setting[str]
    domain: Setting[str] | None = None  # ABSENT: the host that sets it only
    sensitive: bool = True  # a session or credential, as far as its name tells
    plain: bool = (
        False  # set over plain HTTP, where many applications leave Secure out that they set over TLS
    )
