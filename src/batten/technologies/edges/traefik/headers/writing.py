"""Writers of headers and of what may read answers, and the middlewares that they need."""

from __future__ import annotations

from collections.abc import Iterable

from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies.edges.traefik.configuration import Configuration, Router
from batten.technologies.edges.traefik.edits import drop, put, put_all, rename, replace_list
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.edges.headers import SHARED
from batten.technologies.shared.transport.questions import ask_origins

# header -> the option that sends it
OPTIONS = {
    "x-content-type-options": "contentTypeNosniff",
    "referrer-policy": "referrerPolicy",
    "content-security-policy": "contentSecurityPolicy",
    "permissions-policy": "permissionsPolicy",
}


def made(title: str, edits: Iterable[Edit], breaks: str = "") -> Fix | None:
    made = tuple(edits)
    return Fix(title, made, safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks) if made else None


def set_header(whole: Configuration, value: Value, name: str, text: str, at: Location) -> Fix | None:
    title = f"send {name}"
    if name.lower() == "vary":
        return made(title, put(whole.workspace, value["addVaryHeader"], True))
    if at.kind is Kind.VALUE:
        # Another value of an option that is there; a header that refusals lack is a matter of order.
        if name.lower() == "strict-transport-security" and value.name.lower() == "stsseconds":
            seconds = int(text.partition("max-age=")[2].partition(";")[0] or 0)
            if value.word == str(seconds):
                return _first(whole, value, title)
            return made(title, put(whole.workspace, value, seconds))
        if value.word == text or value.word.lower() == "true":
            return _first(whole, value, title)
        if not value.known:
            return None
        return made(title, put(whole.workspace, value, text))
    if value.name.lower() == "headers":
        return made(title, _options(whole, value, name, text))
    router = next((r for r in whole.routers() if r.value is value), None)
    if router is None:
        return None
    own = next((m["headers"] for m in router.chain if m is not None and m["headers"].exists), None)
    if own is not None:
        users = [r for r in whole.routers() if any(m is not None and m["headers"] is own for m in r.chain)]
        return made(title, _options(whole, own, name, text), SHARED if len(users) > 1 else "")
    headers, attach = attached(whole, router, "headers")
    return made(title, [*attach, *_options(whole, headers, name, text)])


def _first(whole: Configuration, value: Value, title: str) -> Fix | None:
    """The middleware before those that refuse, so that their answers have the headers too."""
    edits: list[Edit] = []
    holder = next((m for _, m in whole.of("middlewares") if any(v is value for v in m.walk())), None)
    for router in whole.routers():
        names = router.value["middlewares"].words()
        own = [n for n in names if whole.middleware(n, router.provider) is holder]
        if holder is not None and own and names[0] != own[0]:
            kept = [n for n in names if n != own[0]]
            edits += replace_list(whole.workspace, router.value["middlewares"], [own[0], *kept])
    rewrites = holder is not None and holder.of("headers", "customRequestHeaders").exists
    return made(title, edits, "logins that rely on headers set after them" if rewrites else "")


def _options(whole: Configuration, headers: Value, name: str, text: str) -> list[Edit]:
    """The options of one `headers` middleware that send a header."""
    space, lower = whole.workspace, name.lower()
    if lower == "strict-transport-security":
        seconds = int(text.partition("max-age=")[2].partition(";")[0])
        below = "includeSubDomains" in text and not headers["stsIncludeSubdomains"].exists
        new: dict[str, int | bool] = {"stsSeconds": seconds}
        return put_all(space, headers, new | ({"stsIncludeSubdomains": True} if below else {}))
    if lower == "x-frame-options" and text == "DENY":
        return put(space, headers["frameDeny"], True)
    if lower == "x-content-type-options":
        return put(space, headers["contentTypeNosniff"], True)
    if lower in OPTIONS:
        return put(space, headers[OPTIONS[lower]], text)
    return put(space, headers["customResponseHeaders"][name], text)


def attached(whole: Configuration, router: Router, kind: str) -> tuple[Value, list[Edit]]:
    """A middleware of its own for a router, and the edit that attaches it: headers before what refuses,
    so that refusals have them too."""
    value = router.value
    root = next(d for _, d in whole.dynamics if any(v is value for v in d.of("http", "routers").entries()))
    name = f"{value.name.partition('@')[0]}-{kind.lower()}"
    home = root.of("http", "middlewares", name, kind)
    if value.form == "labels":  # beside the router's own
        home.place = value.place
        home.source = value.source
    used = value["middlewares"]
    names = [name, *used.words()] if kind == "headers" else [*used.words(), name]
    edits = replace_list(whole.workspace, used, names) if used.exists else put(whole.workspace, used, names)
    return home, edits


def allow_origins(whole: Configuration, value: Value, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    # The `headers` that a value is somewhere below.
    headers = next(
        (
            middleware["headers"]
            for _, middleware in whole.of("middlewares")
            if any(v is value for v in middleware["headers"].walk())
        ),
        None,
    )
    if headers is None:
        return None
    plain, patterns = headers["accessControlAllowOriginList"], headers["accessControlAllowOriginListRegex"]
    if patterns.exists and not plain.exists and patterns.form in ("yaml", "toml"):
        key = rename(whole.workspace, patterns, "accessControlAllowOriginList")
        edits = [*key, *replace_list(whole.workspace, patterns, list(origins))]
    else:
        edits = drop(whole.workspace, patterns) if patterns.exists else []
        edits += (
            replace_list(whole.workspace, plain, list(origins))
            if plain.exists
            else put(whole.workspace, plain, list(origins))
        )
    return made(title, edits, "pages on origins that are not listed in batten.yaml")
