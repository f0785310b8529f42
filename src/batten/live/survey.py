"""What probes may know: the environment, and the calls that its contract documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import urlsplit

from batten.live.baseline import NOWHERE as NOWHERE
from batten.live.exchange import Headers, LeftAlone, Request, Response
from batten.live.logins import Login
from batten.live.scene import Scene
from batten.model.record import record
from batten.policy import Environment

NOBODY = "https://stranger.invalid"  # RFC 2606: a name that nobody has
INVENTED = "BATTEN"  # a verb that no server knows
UNUSUAL = "PROPFIND"  # a verb that servers know and APIs do not have; it reads (RFC 4918, 9.1)
UNDECODED = "/%"  # a target that no server decodes
UNDECODED_FRAGMENT = "/%#"  # and one that has no place in a request

# Words in a path that say a GET of it may change something. Paths that are only guessed, or named in a document,
# are left alone wherever one of them occurs.
CHANGES = re.compile(
    r"(?i)(?:delete|remove|drop|reset|purge|flush|clear|truncate|wipe|logout|log-out|signout|sign-out|logoff|shutdown"
    r"|restart|reboot|reload|stop|kill|disable|enable|revoke|cancel|send|create|update|approve|reject|confirm|verify"
    r"|activate|import|migrate|seed|populate|sync|run|exec|trigger|unsubscribe|toggle|impersonate|heapdump|rotate)"
)
_DEED = re.compile(
    r"(?:delete|remove|drop|reset|purge|flush|clear|truncate|wipe|logout|signout|logoff|shutdown|restart|reboot|stop|kill"
    r"|disable|enable|revoke|cancel|send|create|update|approve|reject|activate|deactivate|import|migrate|seed|populate"
    r"|trigger|execute|unsubscribe|toggle|impersonate|init|initialize)"
)
_DATA = r"(?:[_-]?(?:db|database|data|table|tables|all|user|users|account|password|cache|session|sessions|server))?"
_SEGMENT = re.compile(rf"{_DEED.pattern}{_DATA}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def left_alone(why: str = "it was not requested: its name suggests that it changes something") -> LeftAlone:
    """For what may do something that nobody asked for, whether the environment is active or not."""
    return LeftAlone(why, "request it by hand where that does no harm")


def acts(template: str, operation_id: str) -> bool:
    """Whether the name of a documented GET says that it does something: its last fixed segment is a verb with
    or without what it is done to (/createdb, /reset-password), or the operation's id begins with one."""
    fixed = [s for s in template.split("/") if s and "{" not in s]
    if fixed and _SEGMENT.fullmatch(fixed[-1].lower()):
        return True
    words = _WORD.findall(operation_id.rpartition(".")[2])
    return bool(words) and _DEED.fullmatch(words[0].lower()) is not None


_LASTING = re.compile(
    r"(?i)(?:pay|payment|charge|transfer|withdraw|refund|checkout|purchase|invite|invitation|mail|email|sms|message|notify"
    r"|notification|publish|deploy|backup|restore|lock|ban|block|suspend)s?(?:[_-].*)?"
)


def lasts(template: str, operation_id: str) -> bool:
    """Whether the name of an operation that writes says that nobody can take back what it does: money moves, mail
    goes out, something is taken away. Others make a thing, or change one that hardly exists."""
    words = _WORD.findall(operation_id.rpartition(".")[2])
    first = words[0].lower() if words else ""
    fixed = [s for s in template.split("/") if s and "{" not in s]
    harmless = ("create", "update", "import", "populate", "enable", "init", "initialize")
    deed = (_DEED.fullmatch(first) is not None and first not in harmless) or _LASTING.fullmatch(first)
    return bool(deed) or any(_LASTING.fullmatch(s) for s in fixed) or acts(template, "")


def identifier_of(thing: dict[str, object], parameter: str) -> str:
    """The parameter's value in an object; "" when it has none of its names."""
    folded = {_folded(key): value for key, value in thing.items()}
    names = (
        parameter,
        f"{parameter}_id",
        parameter.rpartition("_")[2],
        "id" if _folded(parameter).endswith("id") else "",
    )
    found = next((folded[_folded(n)] for n in names if n and _folded(n) in folded), "")
    plain = isinstance(found, (str, int)) and not isinstance(found, bool) and len(str(found)) <= 100
    return str(found) if plain else ""


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@record
class Call:
    """A documented operation with example values in its path and query.

    `mismatch` says how an answer differs from what is documented, "" when it does not. `choices` are the
    same call's paths for each value of a choice that should not show in the answer's size.
    """

    method: str
    template: str
    path: str
    mismatch: Callable[[Response], str] = lambda response: ""
    choices: tuple[str, ...] = ()
    secured: bool = False
    wrong: tuple[str, ...] = ()  # paths with values that the contract does not admit
    more: tuple[str, ...] = ()  # the same call with what may be left out
    headers: Headers = ()  # that the contract demands
    body: bytes = b""  # JSON that the contract admits, of a call that writes
    invalid: tuple[bytes, ...] = ()  # JSON that it does not admit

    @property
    def label(self) -> str:
        return f"{self.method} {self.template}"


@record
class Survey:
    environment: Environment
    calls: tuple[Call, ...] = ()  # GET only, unless the environment is active
    verbs: Mapping[str, frozenset[str]] = field(default_factory=dict)  # template -> documented verbs
    examples: Mapping[str, str] = field(default_factory=dict)  # template -> path with example values
    absent: Mapping[str, str] = field(default_factory=dict)  # the same with values that hardly anything has
    match: Callable[[str, str], str] = lambda method, path: ""  # the template that takes a call, "" none
    origins: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()  # regular expressions that configurations hold origins against
    left: tuple[str, ...] = ()  # documented calls that are not made, because their names are deeds
    writes: tuple[Call, ...] = ()  # documented calls with a body, for active environments
    scene: Scene = field(default_factory=Scene)  # what the first look at this target showed
    logins: tuple[Login, ...] = ()  # documented log-ins, where the user said that they may be tried
    given: Headers = ()  # the environment's own credentials, () where the channel is not safe for them
    label: str = ""  # what bodies of this run are known by

    @property
    def origin(self) -> str:
        parts = urlsplit(self.environment.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def prefix(self) -> str:
        return urlsplit(self.environment.url).path.rstrip("/")

    @property
    def documented(self) -> bool:
        return bool(self.verbs)

    def url(self, path: str) -> str:
        """The URL of a path of the contract; the environment's own path goes in front, once."""
        inside = not self.prefix or path == self.prefix or path.startswith(self.prefix + "/")
        return self.origin + (path if inside else self.prefix + path)

    def get(self, path: str, headers: Headers = (), method: str = "GET") -> Request:
        return Request(method, self.url(path), headers)

    def at_root(self, path: str, headers: Headers = (), target: str = "") -> Request:
        """A request below the host's root, whatever path the API itself has."""
        return Request("GET", self.origin + path, headers, target=target)
