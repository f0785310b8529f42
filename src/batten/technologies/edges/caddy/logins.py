"""How callers are let in, and credentials that are written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature, Secret
from batten.model import Location, Setting, Switch
from batten.technologies.edges.caddy.addresses import speaks_plain
from batten.technologies.edges.caddy.flow import directives, only_redirects
from batten.technologies.edges.caddy.tree import Item, Tree, varies
from batten.technologies.shared.edges.credentials import SCHEME, credential
from batten.technologies.shared.secrets import credentials

_QUERY = re.compile(r"\{(?:http\.request\.)?(?:uri\.)?query\.([\w-]+)\}")
_KEYS = ("mac_key", "api_token", "api_key", "secret_access_key", "auth_token", "secret_key")


def logins(tree: Tree) -> Iterator[Feature]:
    for site in tree.sites:
        plain = speaks_plain(tree, site) and not only_redirects(site)
        for item in directives(site):
            if item.name in ("basic_auth", "basicauth") and plain:
                yield Feature(item.head(), Switch.PLAIN_LOGIN, Setting(True, item.head()), f"`{item.name}`")
            elif item.name == "forward_auth" or item.name == "reverse_proxy":
                # A parameter of the URL that is passed on as a credential.
                for up in item.all("header_up"):
                    found = _QUERY.search(" ".join(up.texts[2:3]))
                    if found and credential(up.texts[1].lstrip("+")) and credential(found[1]):
                        what = f"the parameter {found[1]}"
                        yield Feature(up.place(), Switch.CREDENTIAL_IN_URL, Setting(True, up.place()), what)


def secrets(tree: Tree) -> Iterator[Secret]:
    for item in tree.root.walk():
        for name, kind, number in written(item):
            at = Location(item.source.path, item.pointer, item.statement.words[number].span)
            yield credentials.in_config(at, name, kind)


def written(item: Item) -> Iterator[tuple[str, str, int]]:
    """Name, kind and the number of the word that holds the credential."""
    words = item.texts
    if item.name in ("header_up", "request_header") and len(words) > 2:
        name = words[-2].lstrip("+")
        if credential(name) and name.lower() != "cookie" and _literal(words[-1]):
            yield name, "password" if words[-1].lower().startswith("basic") else "token", len(words) - 1
    elif item.name in ("dns", "acme_dns") and len(words) == 3 and _literal(words[2]) and "." not in words[2]:
        yield f"{item.name} {words[1]}", "token", 2
    elif item.name == "eab" and len(words) == 3 and _literal(words[2]):
        yield "eab", "key", 2
    elif item.name in _KEYS and len(words) == 2 and _literal(words[1]):
        yield item.name, "key", 1
    elif (
        words[-3:-2] == ["header"]
        and (item.name.startswith("@") or (item.up is not None and item.up.name.startswith("@")))
        and _secret(words[-2], words[-1])
    ):
        yield f"the {words[-2]} header", "token", len(words) - 1


def _secret(name: str, value: str) -> bool:
    """Whether a header of that name is held against a credential that is written out."""
    return credential(name) and name.lower() != "cookie" and _literal(value) and "*" not in value


def _literal(value: str) -> bool:
    text = SCHEME.sub("", value)
    return (
        len(text) >= 8
        and not varies(text)
        and "{" not in text
        and not credentials.placeholder(text)
        and " " not in text
    )
