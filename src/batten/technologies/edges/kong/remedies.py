"""Which edit of a declarative configuration makes which remedy true."""

from __future__ import annotations

import re

from batten.formats.document import Uneditable
from batten.formats.yaml_edits import source_of
from batten.model import Fix, Kind, Location, Quantity, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.edges.kong.edits import alone
from batten.technologies.edges.kong.gateway import SECURE_OF, Gateway
from batten.technologies.edges.kong.headers import writing as headers
from batten.technologies.edges.kong.headers.reading import ANSWERS
from batten.technologies.edges.kong.tree import Item, find
from batten.technologies.shared.text.field_edits import add, drop, put, put_words, risky, safe
from batten.technologies.shared.transport.questions import ask_hosts
from batten.technologies.shared.transport.tls import PLAIN_CLIENTS

_DECK = re.compile(r"\$\{\{\s*env\s+[\"']DECK_")
# Settings that Kong reads a vault's secrets for, by the plugin or list that has them.
_REFERENCEABLE = {
    "aws-lambda": ("aws_key", "aws_secret"),
    "azure-functions": ("apikey", "clientid"),
    "certificates": ("key", "cert"),
    "ldap-auth-advanced": ("ldap_password",),
    "openid-connect": ("client_secret", "session_secret"),
    "session": ("secret",),
}


def fix_of(gateway: Gateway, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true there; None where batten knows none."""
    if at.pointer == ANSWERS:
        item: Item | None = gateway.root["plugins"]
    else:
        item = find(gateway.places, at.pointer)
    if item is None:
        return None
    try:
        return _fix(gateway, item, remedy, at.kind is Kind.VALUE)
    except Uneditable:
        return None  # an anchor shares it, say


def _fix(gateway: Gateway, item: Item, remedy: Remedy, written: bool) -> Fix | None:
    space = gateway.workspace
    match remedy:
        case want.SetHeader(name, value):
            return headers.set_header(gateway, item, written, name, value)
        case want.RemoveHeader(name):
            return safe(f"stop sending {name}", drop(space, item))
        case want.AllowOrigins(origins):
            return headers.allow_origins(gateway, item, origins)
        case want.AllowMethods(names):
            kept = tuple(w for w in item.words() or () if w in ("HEAD", "OPTIONS") and w not in names)
            edits = put_words(space, item, (*names, *kept)) if written else []
            return risky(f"allow {', '.join(names)} only", edits, "clients that use other methods")
        case want.AllowHeaders(names) if written:
            breaks = "pages that send other request headers"
            return risky(f"allow {', '.join(names)} only", put_words(space, item, names), breaks)
        case want.RedirectToTls() if item.key == "protocols":
            return _encrypted(gateway, item)
        case want.Limit(Quantity.RATE, amount):
            count = int(amount.partition("r/")[0])
            body = f"name: rate-limiting\nconfig:\n  second: {count}\n  policy: local"
            rate_edits = alone(gateway.workspace, add(gateway.workspace, item["plugins"], body))
            return risky(
                "limit the rate of requests",
                rate_edits,
                f"clients that send more than {count} requests per second",
            )
        case want.Limit(Quantity.BODY, _):
            breaks = "clients that send bodies of more than a megabyte"
            size = item.path[:-1]
            unit = Item(item.source, "", (*size, "size_unit"), None, item.span, item.root)
            edits = [*put(space, item, "1"), *put(space, unit, "megabytes")]
            return risky("limit the size of bodies", edits, breaks)
        case want.MoveToHeader():
            return _from_headers(gateway, item)
        case want.RequireAuth(name):
            return _referred(gateway, item, name)
        case want.TurnOn(feature):
            return _on(gateway, item, feature, written)
        case want.TurnOff(feature):
            return _off(gateway, item, feature)
        case _:
            return None


def _encrypted(gateway: Gateway, item: Item) -> Fix | None:
    """TLS only; Kong redirects what comes in clear text where it is told a status for that."""
    space = gateway.workspace
    words = dict.fromkeys(SECURE_OF.get(w, w) for w in item.words() or ("https",))
    edits = put_words(space, item, tuple(words))
    route = gateway.by_path.get(item.path[:-1])
    status = route["https_redirect_status_code"] if route is not None else None
    if status is not None and not status and "https" in words:
        edits = [*edits, *put(space, status, "308")]
    breaks = f"{PLAIN_CLIENTS}, and load balancers in front that use plain HTTP and are not in `trusted_ips`"
    return risky("require HTTPS, and redirect plain HTTP", edits, breaks)


def _from_headers(gateway: Gateway, item: Item) -> Fix | None:
    names = {"key_in_query": "false", "uri_param_names": "[]", "bearer_token_param_type": "[header]"}
    value = names.get(item.key)
    if value is None:
        return None
    edits = put(gateway.workspace, item, value)
    return risky("accept the credential in headers only", edits, "clients that send it in the URL")


def _referred(gateway: Gateway, item: Item, name: str) -> Fix | None:
    """What decK reads from the environment, where it is used here; else a vault's secret."""
    text = gateway.workspace.text(item.source).text
    # The plugin, or the list, that a setting is of.
    owner = next(
        (plugin.name for plugin in gateway.plugins if item.path[: len(plugin.item.path)] == plugin.item.path),
        next((str(k) for k in reversed(item.path[:-1]) if isinstance(k, str)), "kong"),
    )
    words = f"{owner}-{name or item.key}".lower().replace("_", "-")
    variable = re.sub(r"\W+", "_", words).upper()
    if _DECK.search(text):
        value, variable = f'${{{{ env "DECK_{variable}" }}}}', f"DECK_{variable}"
    elif item.key in _REFERENCEABLE.get(owner, ()) or item.path[-2:] == ("redis", "password"):
        value = f"{{vault://env/{re.sub(r'[^a-z0-9]+', '-', words)}}}"
    else:
        return None
    edits = put(gateway.workspace, item, source_of(value))
    breaks = f"Kong, until the environment variable {variable} is set; rotate the old credential"
    return risky("read it from the environment", edits, breaks)


def _on(gateway: Gateway, item: Item, feature: Switch, written: bool) -> Fix | None:
    space = gateway.workspace
    match feature:
        case Switch.VERIFY_TLS:
            return _verified(gateway, item)
        case Switch.MEDIA_TYPE:
            edits = put(space, item, "application/json")
            return risky("send JSON with its media type", edits, "clients that read the body as text")
        case Switch.COOKIE_FLAGS:
            return headers.cookie_flags(gateway, item)
        case Switch.HOST_CHECK:
            return ask_hosts("accept only known host names (`hosts` of the route)")
        case Switch.ACCESS_RULE if item.key == "claims_to_verify":
            claims = (*(item.words() or ()), "exp")
            breaks = "clients whose tokens have no expiry time"
            return risky("refuse tokens that have expired", put_words(space, item, claims), breaks)
        case Switch.ACCESS_RULE if item.key in ("allow", "whitelist"):
            question = "which addresses are allowed (`allow`)?"
            return Fix("allow only known addresses", (), safety=Safety.VALUE, question=question)
        case Switch.ACCESS_RULE if item.key == "anonymous":
            breaks = "clients without a credential"
            return risky("refuse requests without credentials", drop(space, item), breaks)
        case _:
            return None


def _verified(gateway: Gateway, item: Item) -> Fix | None:
    """A service needs the authority too: Kong trusts none by default."""
    space, title = gateway.workspace, "verify certificates"
    breaks = "servers whose certificate is signed by another CA, or has another name"
    service = next((s for s in gateway.services if item.path == (*s.path, "tls_verify")), None)
    edits = put(space, item, "true")
    if service is None or service["ca_certificates"]:
        return risky(title, edits, breaks)
    known = [c["id"].word for c in gateway.root["ca_certificates"].items()]
    if len(known) != 1 or not known[0]:
        question = "which CA signs the service's certificate (`ca_certificates`, with an id)?"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    edits = [*edits, *put(space, service["ca_certificates"], f"[{source_of(known[0])}]")]
    return risky(title, edits, breaks)


def _off(gateway: Gateway, item: Item, feature: Switch) -> Fix | None:
    space = gateway.workspace
    match feature:
        case Switch.BANNER:
            return safe("stop sending it", drop(space, item))
        case Switch.ERROR_DETAILS | Switch.FLOW:
            breaks = (
                "clients that use this grant" if feature is Switch.FLOW else "developers who debug with it"
            )
            return risky("turn it off", put(space, item, "false"), breaks)
        case Switch.SHARED_CACHE:
            return safe("cache answers separately for each caller", add(space, item, "Authorization"))
        case Switch.CONSOLE:
            question = "which clients may access it (key-auth, ip-restriction on the route)?"
            return Fix("require authentication for it", (), safety=Safety.VALUE, question=question)
        case _:
            return None
