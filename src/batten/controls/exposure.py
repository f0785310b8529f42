"""Controls on what servers expose: files, consoles, internals, and what their logs hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batten.controls._registry import control
from batten.facts import (
    AccessLog,
    BuildContext,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Feature,
    Holds,
    Listing,
    Opening,
    WebRoot,
)
from batten.model import Case, DenyPaths, Per, Severity, Switch, TurnOff, TurnOn, Violation


class FileNotServed(Case):
    HIDDEN = "hidden-files", "Refuse paths that begin with a dot, and move such files out of the web root."
    SENSITIVE = (
        "sensitive-file",
        "Move the file out of the web root, and rotate every credential in it.",
        Per.THING,
    )
    COPIED = (
        "copied-into-image",
        "Exclude the files from the build context, and rebuild the image.",
        Per.THING,
    )
    SYSTEM = "system-root", "Serve a folder that holds public files only.", Per.THING
    PROJECT = "project-root", "Serve a folder that holds public files only, such as `public`.", Per.THING
    USERS = "user-directories", "Turn the folders of user accounts off."


@control("Sensitive and hidden files are not served", Severity.HIGH, "S1 V1", "CWE-538, CWE-200")
def file_not_served(root: WebRoot) -> Iterator[Violation]:
    """Shell histories, `.git` folders and dumps below a web root give passwords, source and data to anyone."""
    hidden = [f for f in root.sensitive if _hidden(f)]
    others = [f for f in root.sensitive if not _hidden(f)]
    case, at = FileNotServed.HIDDEN, root.denies_hidden.at
    exposed = root.denies_hidden.known(True) is False
    if exposed and hidden:
        yield Violation(case, f"hidden files are served: {_some(hidden)}", at, remedy=DenyPaths(("/.*",)))
    if others:
        message = f"sensitive files are served: {_some(others)}"
        yield Violation(FileNotServed.SENSITIVE, message, root.path.at, remedy=DenyPaths(tuple(others)))
    if exposed and not root.sensitive:
        message = "hidden files below the web root would be served (`.git`, `.env`, `.bash_history`)"
        yield Violation(case, message, at, remedy=DenyPaths(("/.*",)), severity=Severity.INFO)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _some(files: Sequence[str]) -> str:
    shown = ", ".join(f"`{f}`" for f in files[:3])
    return shown + (f" and {len(files) - 3} more" if len(files) > 3 else "")


@control("Sensitive and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served")
def file_not_served_on_the_wire(file: ExposedFile) -> Iterator[Violation]:
    severity = None if file.grave else Severity.LOW
    case = FileNotServed.HIDDEN if _hidden(file.path) else FileNotServed.SENSITIVE
    message = f"`{file.path}` is served ({file.kind})"
    yield Violation(case, message, file.at, severity=severity, made_by=file.kind)


@control(
    "Sensitive and hidden files are not served",
    Severity.HIGH,
    "S1 V1",
    slug="file-not-served",
    covers="image-trusted-build",
)
def file_not_copied(context: BuildContext) -> Iterator[Violation]:
    if context.copies_all and context.sensitive:
        message = f"`COPY` copies sensitive files into the image: {_some(context.sensitive)}"
        yield Violation(FileNotServed.COPIED, message, context.at, remedy=DenyPaths(context.sensitive))


@control("Sensitive and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served")
def system_not_served(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.SYSTEM_ROOT and feature.on.known(False):
        yield Violation(FileNotServed.SYSTEM, f"system files are served: {feature.what}", feature.on.at)
    elif feature.name is Switch.PROJECT_ROOT and feature.on.known(False):
        message = f"the program's own files are served: {feature.what}"
        yield Violation(FileNotServed.PROJECT, message, feature.on.at)


class ConsoleNotExposed(Case):
    CONSOLE = (
        "console-open",
        "Bind the console to loopback or a private network, or require a login.",
        Per.THING,
    )
    METRICS = "metrics-open", "Restrict the endpoint to the addresses of the monitoring.", Per.THING
    LOGIN = "login-page-public", "Publish the console on a private address only.", Per.THING
    DOCS = "docs-open", "Turn the documentation off, or list its paths under `public:` in batten.yaml."
    PRODUCT = (
        "product-open",
        "Require a login, or bind the product to loopback or a private network.",
        Per.THING,
    )


_DOCUMENTATION = "API documentation"
# Debuggers that run what they are sent, and by which handler of errors the same debugger shows.
_DEBUGGERS = {
    "Werkzeug console": "werkzeug",
    "Laravel Ignition": "laravel",
    "Node inspector": "Node inspector",
    "Yii code generator": "Yii code generator",
}


@control("Consoles, metrics and docs are not public", Severity.HIGH, "V3 S1 V1", "OWASP API8:2023, CWE-1125")
def console_not_exposed(endpoint: Endpoint) -> Iterator[Violation]:
    """A console without authentication gives control of the stack; metrics and actuators leak its secrets."""
    if endpoint.kind == "login":
        message = f"`{endpoint.path}` serves the login page of {endpoint.what}, its only protection"
        low = Severity.LOW
        yield Violation(ConsoleNotExposed.LOGIN, message, endpoint.at, severity=low, made_by=endpoint.what)
    elif not _gives_control(endpoint):
        yield from _answering(endpoint)


@control(
    "Consoles, metrics and docs are not public", Severity.CRITICAL, "V3 S1 V1", slug="console-not-exposed"
)
def control_not_exposed(endpoint: Endpoint) -> Iterator[Violation]:
    """What runs code, or gives data away, is a way in at every address."""
    if _gives_control(endpoint):
        yield from _answering(endpoint)


def _gives_control(endpoint: Endpoint) -> bool:
    gains = bool(endpoint.gains) and endpoint.holds is not Holds.INSIGHT
    return gains or (endpoint.kind == "console" and endpoint.what in _DEBUGGERS)


_ANSWERING = {
    "console": ConsoleNotExposed.CONSOLE,
    "metrics": ConsoleNotExposed.METRICS,
    "docs": ConsoleNotExposed.DOCS,
}


def _answering(endpoint: Endpoint) -> Iterator[Violation]:
    if (case := _ANSWERING.get(endpoint.kind)) is None:
        return
    docs = case is ConsoleNotExposed.DOCS  # pages and schema of one API are turned off together
    runs = endpoint.kind == "console" and endpoint.what in _DEBUGGERS
    what = f"{endpoint.what}, which runs code," if runs else endpoint.what
    message = f"`{endpoint.path}` serves {what} without authentication"
    message += f": anyone can {endpoint.gains}" if endpoint.gains else ""
    # Numbers show how a system is used, and its documentation what everyone may call.
    if endpoint.kind == "docs":
        milder: Severity | None = Severity.LOW
    else:
        milder = Severity.MEDIUM if endpoint.kind == "metrics" and not endpoint.gains else None
    yield Violation(
        case,
        message,
        endpoint.at,
        severity=milder,
        advice=f"{endpoint.close} See {endpoint.source}" if endpoint.close else "",
        made_by=_DOCUMENTATION if docs else _DEBUGGERS.get(endpoint.what, endpoint.what),
    )


@control(
    "Consoles, metrics and docs are not public", Severity.HIGH, "V3 S1 V1", slug="console-not-exposed",
    private=Severity.INFO,
)  # fmt: skip
def console_not_exposed_at_the_edge(feature: Feature) -> Iterator[Violation]:
    if not feature.on.known(False):
        return
    open_to_all = f"{feature.what} is reachable without authentication"
    at, medium = feature.on.at, Severity.MEDIUM
    if feature.name is Switch.CONSOLE:
        yield Violation(ConsoleNotExposed.CONSOLE, open_to_all, at, remedy=TurnOff(Switch.CONSOLE))
    elif feature.name is Switch.METRICS:
        yield Violation(
            ConsoleNotExposed.METRICS, open_to_all, at, remedy=TurnOff(Switch.METRICS), severity=medium
        )
    elif feature.name is Switch.CONSOLE_LOGIN:
        message = f"{feature.what} is published, protected by its login page only"
        yield Violation(ConsoleNotExposed.LOGIN, message, at, remedy=TurnOff(Switch.CONSOLE), severity=medium)


@control(
    "Consoles, metrics and docs are not public",
    Severity.CRITICAL,
    "V3 S1 V1",
    "OWASP API8:2023, CWE-306",
    slug="console-not-exposed",
)
def product_not_open(opening: Opening) -> Iterator[Violation]:
    if opening.holds is not Holds.DATA:
        yield opened(ConsoleNotExposed.PRODUCT, opening)


def opened(case: Case, opening: Opening) -> Violation:
    """What is open, what anyone can do with it, and the setting that closes it."""
    name = f"{opening.product} {opening.version}".strip()
    message = f"{name} is open without authentication: anyone can {opening.gains}"
    severity = Severity.HIGH if opening.holds is Holds.INSIGHT else None
    advice = f"{opening.close} See {opening.source}"
    return Violation(case, message, opening.at, severity=severity, advice=advice)


_ANONYMOUS = "Turn anonymous log-ins off (vsftpd: `anonymous_enable=NO`), or give them only a folder that is made for the public."


class ListingOff(Case):
    LISTED = "listed", "Turn the directory listing off, or list only a folder made for it."


@control(
    "Directory listings are off",
    Severity.MEDIUM,
    "V1 V3",
    "CWE-548",
    explained=True,
)
def listing_off(root: WebRoot) -> Iterator[Violation]:
    """A listing shows every file in a folder, including backups and uploads that no page links to."""
    if root.listing.known(False):
        message = f"directory listing is on below `{root.prefix}`"
        milder = Severity.INFO if root.guarded else None
        remedy = TurnOff(Switch.LISTING)
        yield Violation(ListingOff.LISTED, message, root.listing.at, remedy=remedy, severity=milder)


@control("Directory listings are off", Severity.MEDIUM, "V1 V3", slug="listing-off")
def listing_off_on_the_wire(listing: Listing) -> Iterator[Violation]:
    if listing.on.known(False):
        message = f"directory listing is on below `{listing.path}`"
        message += f" for {listing.clients}" if listing.clients else ""
        message += f" and names {_some(listing.names)}" if listing.names else ""
        advice = _ANONYMOUS if listing.clients else ""
        yield Violation(ListingOff.LISTED, message, listing.at, advice=advice)


class AccessLogged(Case):
    REQUESTS = "requests-not-logged", "Write an access log with every request."
    ERRORS = "errors-not-logged", "Write an error log."
    LOGINS = "logins-not-logged", "Log connections to the store, and logins that it refuses."
    CREDENTIALS = "credentials-logged", "Remove the field from the log format, and rotate what was logged."
    FORGEABLE = "forgeable", "Escape what clients send when it is logged."


@control("Access and errors are logged, without credentials", Severity.LOW, "V1 P4", "CWE-778, CWE-532")
def access_logged(log: AccessLog) -> Iterator[Violation]:
    """Without logs an attack leaves no trace; credentials in logs are valid for everyone who reads them."""
    if log.access.known(True) is False:
        message = "requests are not logged"
        milder = None if log.access.written else Severity.INFO  # the product's default, which few change
        remedy = TurnOn(Switch.ACCESS_LOG)
        yield Violation(AccessLogged.REQUESTS, message, log.access.at, remedy=remedy, severity=milder)
    if log.errors.known(True) is False:
        yield Violation(
            AccessLogged.ERRORS, "errors are not logged", log.errors.at, remedy=TurnOn(Switch.ERROR_LOG)
        )
    for carried in log.carries:
        message = f"the log format contains {carried.known('a credential')}"
        yield Violation(AccessLogged.CREDENTIALS, message, carried.at)


class ErrorFreeOfTraces(Case):
    SEEN = "internals-in-response", "Answer errors with a fixed problem body, and log the details."
    DETAILS = "error-details-on", "Turn the setting off, and log the details instead."
    INODES = "etag-inode", "Build ETags from time and size only."


@control("Responses contain no stack traces or internals", Severity.HIGH, "V7 P5", "CWE-209, CWE-550")
def error_free_of_traces(body: ErrorBody) -> Iterator[Violation]:
    """A stack trace reveals paths, versions, queries and sometimes secrets to the client that caused it."""
    if body.leaks and not body.debugger:
        yield Violation(ErrorFreeOfTraces.SEEN, shown_by(body), body.at, made_by=body.handler)


def shown_by(body: ErrorBody) -> str:
    """What a request is answered with, and what that shows beside itself."""
    *first, last = (body.cause, *body.beside)
    named = f"{', '.join(first)} and {last}" if first else last
    return f"`{body.request}` is answered with {named}"


@control(
    "Responses contain no stack traces or internals", Severity.HIGH, "V7 P5", slug="error-free-of-traces"
)
def error_pages_defined(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.ERROR_DETAILS and feature.on.known(False):
        message = f"responses contain {feature.what or 'error details'}"
        yield Violation(
            ErrorFreeOfTraces.DETAILS, message, feature.on.at, remedy=TurnOff(Switch.ERROR_DETAILS)
        )
