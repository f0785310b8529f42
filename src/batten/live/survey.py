"""What probes may know: the environment, and the calls that its contract documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import urlsplit

from batten.live.exchange import Headers, Request, Response
from batten.model.record import record
from batten.policy import Environment

NOBODY = "https://stranger.invalid"  # RFC 2606: a name that nobody has
INVENTED = "BATTEN"  # a verb that no server knows
NOWHERE = "batten-7f3a9c"  # a path segment that nobody has

# Words in a path that say a GET of it may change something.
CHANGES = re.compile(
    r"(?i)(?:delete|remove|drop|reset|purge|flush|clear|logout|signout|shutdown|restart|reboot|stop|kill|disable"
    r"|enable|revoke|cancel|send|create|update|approve|import|migrate|sync|run|exec|trigger|unsubscribe|toggle)"
)


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
