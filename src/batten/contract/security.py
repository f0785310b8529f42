"""How callers show who they are."""

from __future__ import annotations

from batten.contract.contract import SecurityScheme
from batten.contract.references import References
from batten.contract.source import Place
from batten.formats.tree import Plain


def read_schemes(
    document: dict[str, Plain], root: Place, references: References
) -> tuple[SecurityScheme, ...]:
    keys = ("securityDefinitions",) if "swagger" in document else ("components", "securitySchemes")
    declared, place = references.members(document, root, *keys)
    found = []
    for name, value in declared.items():
        target = references.follow(value, place / name)
        if target is not None and isinstance(target.value, dict):
            found.append(read_scheme(name, target.value, target.place))
    return tuple(found)


def read_scheme(name: str, value: dict[str, Plain], place: Place) -> SecurityScheme:
    """A Security Scheme Object of OpenAPI, or of AsyncAPI, which took it over."""
    flows, urls, scopes = dict[str, Place](), dict[Place, str](), _scopes(value)
    _collect_urls(value, place, urls)
    declared = value.get("flows")
    if isinstance(declared, dict):
        for flow, settings in declared.items():
            if flow.startswith("x-"):
                continue
            flows[flow] = place / "flows" / flow
            _collect_urls(settings, flows[flow], urls)
            scopes |= _scopes(settings)
    elif name_of_2 := _text(value.get("flow")):  # Swagger 2.0 has one
        names = {"application": "clientCredentials", "accessCode": "authorizationCode"}
        flows[names.get(name_of_2, name_of_2)] = place / "flow"
    kind, scheme, location = (_text(value.get(key)) for key in ("type", "scheme", "in"))
    deprecated = value.get("deprecated") is True
    return SecurityScheme(name, kind, scheme, location, flows, urls, place, scopes, deprecated)


def _scopes(holder: Plain) -> frozenset[str]:
    """The scopes that a flow, or a scheme of Swagger 2.0, declares."""
    declared = holder.get("scopes") if isinstance(holder, dict) else None
    return frozenset(declared) if isinstance(declared, dict) else frozenset()


def _collect_urls(holder: Plain, place: Place, into: dict[Place, str]) -> None:
    if not isinstance(holder, dict):
        return
    for key in (
        "authorizationUrl",
        "tokenUrl",
        "refreshUrl",
        "deviceAuthorizationUrl",
        "openIdConnectUrl",
        "oauth2MetadataUrl",
    ):
        url = holder.get(key)
        if isinstance(url, str):
            into[place / key] = url


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else ""


def read_security(holder: dict[str, Plain]) -> tuple[tuple[str, ...], ...] | None:
    """The alternatives a `security` list offers; None where there is no such list."""
    declared = holder.get("security")
    if not isinstance(declared, list):
        return None
    return tuple(tuple(entry) for entry in declared if isinstance(entry, dict))
