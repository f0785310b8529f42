"""What edge objects have turned on or off, and their limits."""

from __future__ import annotations

import json

from batten.model import Fix, Quantity, Safety, Switch
from batten.technologies.orchestration.kubernetes.edge.remedies.target import Target, made


def limited(target: Target, resource: Quantity, amount: str) -> Fix | None:
    own = target.annotations if target.object.kind == "Ingress" else target.data
    if resource is Quantity.BODY:
        breaks = f"clients that send bodies of more than {amount}"
        return made(
            "limit the size of bodies", target.set(own["proxy-body-size"], json.dumps(amount)), breaks
        )
    if resource is Quantity.RATE and target.object.kind == "Ingress":
        count = amount.partition("r/")[0]
        breaks = f"clients that send more than {count} requests per second"
        return made("limit the rate of requests", target.set(own["limit-rps"], json.dumps(count)), breaks)
    return None


def turned_on(target: Target, feature: Switch) -> Fix | None:
    own, field = target.annotations, target.pointed
    match feature, target.object.kind:
        case Switch.VERIFY_TLS, "Ingress":
            title = "verify the certificate of the service"
            if "proxy-ssl-secret" not in own:
                question = (
                    f"which Secret holds the CA of the services of {target.object.name} (proxy-ssl-secret)?"
                )
                return Fix(title, (), safety=Safety.VALUE, question=question)
            breaks = "services whose certificate is signed by another CA, or has another name"
            return made(title, target.set(own["proxy-ssl-verify"], '"on"'), breaks)
        case Switch.COOKIE_FLAGS, "Ingress" if target.name == "session-cookie-secure":
            breaks = "clients over plain HTTP, which lose their stickiness"
            return made(
                "send the cookie over TLS only", target.set(own["session-cookie-secure"], '"true"'), breaks
            )
        case Switch.VERIFY_TLS, "ServersTransport" | "DestinationRule":
            breaks = "services whose certificate is signed by another CA, or has another name"
            edits = target.set(field, "false") if field is not None else []
            return made("verify the certificate of the service", edits, breaks)
        case Switch.ACCESS_LOG, "Ingress":
            return made("log requests", target.set(own["enable-access-log"], '"true"'))
        case Switch.ACCESS_LOG, "ConfigMap":
            return made("log requests", target.set(target.data["disable-access-log"], '"false"'))
        case Switch.ACCESS_RULE, "AuthorizationPolicy":
            edits = target.removed(field) if field is not None else []
            return made("remove the rule that admits everyone", edits, "clients that no other rule allows")
        case Switch.ACCESS_RULE, "Server" | "ServerAuthorization" if field is not None:
            value = "false" if field.text == "true" else "all-authenticated"
            edits = target.set(field, value) if not field.text.endswith("/0") else []
            return made("require an identity of the mesh", edits, "clients without a proxy of the mesh")
        case Switch.ACCESS_RULE, "Ingress" if target.name == "auth-secret":
            breaks = "clients without a password of this Secret"
            return made("require the password", target.set(own["auth-type"], "basic"), breaks)
        case Switch.ACCESS_RULE, "Ingress" if target.name == "auth-tls-verify-client":
            breaks = "clients without a certificate of this CA"
            edits = target.set(own["auth-tls-verify-client"], '"on"')
            return made("require the client certificate", edits, breaks)
        case _:
            return None


_SWITCHES = {
    Switch.BANNER: ("server-tokens", '"false"', "hide the version", ""),
    Switch.SNIPPETS: (
        "allow-snippet-annotations",
        '"false"',
        "ignore snippets in annotations",
        "Ingresses that rely on snippet annotations",
    ),
}
_INVALID = {
    "enable-underscores-in-headers": ('"false"', "clients that send headers with an underscore"),
    "ignore-invalid-headers": (
        '"true"',
        "clients that send header names with non-standard characters",
    ),
}


def turned_off(target: Target, feature: Switch) -> Fix | None:
    if feature is Switch.MESH_PLAIN and target.pointed is not None:
        mode = "STRICT" if target.object.kind == "PeerAuthentication" else "ISTIO_MUTUAL"
        breaks = "clients and servers without a proxy of the mesh"
        return made("require mutual TLS in the mesh", target.set(target.pointed, mode), breaks)
    if target.object.kind != "ConfigMap":
        return None
    if feature in _SWITCHES:
        key, value, title, breaks = _SWITCHES[feature]
        return made(title, target.set(target.data[key], value), breaks)
    if feature is Switch.INVALID_HEADERS and target.name in _INVALID:
        value, breaks = _INVALID[target.name]
        return made("drop invalid headers", target.set(target.data[target.name], value), breaks)
    return None
