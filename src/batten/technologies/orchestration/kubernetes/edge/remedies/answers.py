"""What edge objects answer: origins, methods and headers of CORS, other headers."""

from __future__ import annotations

import json

from batten.model import Fix
from batten.technologies.orchestration.kubernetes.edge.remedies.target import Target, above, made
from batten.technologies.shared.transport.questions import ask_origins

_MATCHERS = frozenset(("exact", "prefix", "regex"))  # Istio's, of one origin
_ALLOW_ORIGINS = "allow the listed origins only"
_UNLISTED = "pages on origins that are not listed in batten.yaml"


def origins_listed(target: Target, origins: tuple[str, ...]) -> Fix | None:
    if not origins:
        return ask_origins(_ALLOW_ORIGINS)
    if target.object.kind == "Ingress":
        separator = "," if target.prefix else ", "
        edits = target.set(target.cors["cors-allow-origin"], json.dumps(separator.join(origins)))
    elif target.object.kind == "Middleware":
        headers = target.object.spec["headers"]
        edits = target.set_list(headers["accessControlAllowOriginList"], origins)
        if headers["accessControlAllowOriginListRegex"].exists:
            if not headers["accessControlAllowOriginList"].exists:
                return None
            edits += target.removed(headers["accessControlAllowOriginListRegex"])
    else:
        field = target.pointed
        while field is not None and (isinstance(field.path[-1], int) or field.path[-1] in _MATCHERS):
            field = above(target, field)
        if field is None:
            return None
        edits = target.set_origins(field, origins)
    return made(_ALLOW_ORIGINS, edits, _UNLISTED)


def words_listed(target: Target, annotation: str, words: tuple[str, ...], breaks: str) -> Fix | None:
    title = f"allow {', '.join(words)} only"
    if target.object.kind == "Ingress":
        edits = target.set(target.cors[annotation], json.dumps(", ".join(words)))
        return made(title, edits, breaks)
    field = target.pointed
    return made(title, target.set_list(field, words), breaks) if field is not None else None


def header_sent(target: Target, name: str, value: str) -> Fix | None:
    title = f"send {name}"
    seconds = value.partition("max-age=")[2].partition(";")[0].strip()
    field = target.pointed
    match target.object.kind:
        case "ConfigMap" if target.name == "hsts":
            # With the switch on, the controller's own default is sent: a year, sub-domains included.
            edits = target.set(target.data["hsts"], '"true"')
            return made(title, edits)
        case "ConfigMap" if target.name == "hsts-max-age":
            return made(title, target.set(target.data["hsts-max-age"], json.dumps(seconds)))
        case "Middleware" if name.lower() == "vary":
            return made(title, target.set(target.object.spec["headers"]["addVaryHeader"], "true"))
        case "Middleware" if field is not None and field.path[-1] == "stsSeconds":
            return made(title, target.set(field, seconds))
        case "Route" if field is not None:
            return made(title, target.set(field, json.dumps(value)))
        case "Middleware" | "HTTPRoute" | "VirtualService" | "HTTPProxy" if (
            field is not None and not isinstance(field.path[-1], int)
        ):
            return made(title, target.set(field, json.dumps(value)))
        case _:
            return None


def header_removed(target: Target, name: str) -> Fix | None:
    field = target.pointed
    if field is None:
        return None
    if target.object.kind in ("HTTPRoute", "HTTPProxy"):
        field = above(target, field)
    return made(f"stop sending {name}", target.removed(field)) if field is not None else None
