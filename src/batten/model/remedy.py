"""What should be so, in no technology's language. Writers match on these; a technology may add its own."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from batten.model.location import Location
from batten.model.record import record
from batten.model.switch import Switch


@record
class Remedy:
    """The root of all remedies."""

    bundles: ClassVar[bool] = False  # True: one decision, whatever its findings list (`memory, cpu`)

    @property
    def decision(self) -> tuple[object, ...]:
        """What is decided, without the object that it is decided about."""
        return (type(self).__name__,)

    @property
    def together(self) -> bool:
        """Whether it is one decision, whatever its findings list."""
        return self.bundles


@record
class Ask(Remedy):
    """A remedy that is right only if its owner says so: its fix is a question."""

    remedy: Remedy
    question: str

    @property
    def decision(self) -> tuple[object, ...]:
        return self.remedy.decision

    @property
    def together(self) -> bool:
        return self.remedy.together


@record
class SetHeader(Remedy):
    """Send the header on every status, errors included. `breaks` says which clients may notice; "": none."""

    name: str
    value: str
    breaks: str = ""

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name.lower())


@record
class RemoveHeader(Remedy):
    name: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name.lower())


@record
class RedirectToTls(Remedy):
    """Answer plain HTTP with a permanent redirect to the same URL over HTTPS; or, where a URL is written,
    write `url`, the address of the same thing over TLS ("": the same host and port)."""

    url: str = ""


@record
class MinimumTls(Remedy):
    bundles: ClassVar[bool] = True
    version: str = "TLSv1.2"


@record
class UseSuites(Remedy):
    """Offer these TLS 1.2 suites only (OpenSSL names, in order)."""

    bundles: ClassVar[bool] = True
    suites: tuple[str, ...]


@record
class AllowOrigins(Remedy):
    """Answer cross-origin requests of exactly these origins. Empty: the policy must say which
    (`origins:` in batten.yaml)."""

    origins: tuple[str, ...] = ()


@record
class AllowMethods(Remedy):
    methods: tuple[str, ...]
    path: str = ""


@record
class AllowHeaders(Remedy):
    headers: tuple[str, ...]


@record
class RequireAuth(Remedy):
    """Require a credential that is read from the environment variable `secret`; never a literal."""

    secret: str = ""


@record
class Bind(Remedy):
    """Listen on, or publish to, these addresses only."""

    addresses: tuple[str, ...] = ("127.0.0.1",)


@record
class Unpublish(Remedy):
    """Do not publish the port outside the private network at all."""


@record
class TurnOff(Remedy):
    feature: Switch

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.feature)


@record
class TurnOn(Remedy):
    feature: Switch

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.feature)


@record
class Unnoticed(TurnOn):
    """Turn on what the program is known to do without: a fix is safe, whatever the control risks elsewhere."""

    @property
    def decision(self) -> tuple[object, ...]:
        return ("TurnOn", self.feature)


class Quantity(Enum):
    """What can be bounded: in a request the first five, in a workload the others."""

    BODY = "body"
    HEADER_TIMEOUT = "header-timeout"
    BODY_TIMEOUT = "body-timeout"
    SEND_TIMEOUT = "send-timeout"
    RATE = "rate"
    MEMORY = "memory"
    CPU = "cpu"
    PIDS = "pids"


@record
class Limit(Remedy):
    """Bound `resource` to `amount`, in the words of a person: 1m, 16k, 30s, 10r/s, 512m, 1.0, 200."""

    resource: Quantity
    amount: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.resource)


@record
class RunAs(Remedy):
    user: str


@record
class Pin(Remedy):
    """Use this exact reference (an image, a version, a checksum)."""

    reference: str = ""


@record
class DenyPaths(Remedy):
    """Answer 404 for these paths (globs, below the web root), or leave them out of an image."""

    bundles: ClassVar[bool] = True
    patterns: tuple[str, ...]


@record
class AddProblemResponse(Remedy):
    """Declare RFC 9457 problem bodies for these statuses of an operation ("4XX", "5XX", "default")."""

    bundles: ClassVar[bool] = True
    statuses: tuple[str, ...]


@record
class CloseSchemas(Remedy):
    """Admit no property that is not declared, in the objects at these places."""

    places: tuple[Location, ...]


@record
class BoundSchemas(Remedy):
    """Say how long the strings and lists at these places may be."""

    places: tuple[Location, ...]


@record
class MoveToHeader(Remedy):
    """Take the credential in a header instead of the URL."""
