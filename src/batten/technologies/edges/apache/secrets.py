"""Credentials written out. No value goes into a fact, nor into a pointer (see tree.named)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Secret
from batten.model import Location, Span
from batten.technologies.edges.apache.tree import Item, Tree, varies
from batten.technologies.shared.edges.credentials import SCHEME, credential
from batten.technologies.shared.secrets import credentials

# Directives of mod_authnz_ldap, mod_ldap, mod_session_crypto, mod_authn_dbd, mod_auth_openidc, mod_auth_form …
PASSWORDS = {
    "authldapbindpassword": "password",
    "sessioncryptopassphrase": "passphrase",
    "sslproxymachinecertificatepassphrase": "passphrase",
    "oidcclientsecret": "secret",
    "oidccryptopassphrase": "passphrase",
    "jksecret": "secret",
    "authdigestshmemsecret": "secret",
}
# Directives of mod_auth_basic and mod_md whose second argument is the secret.
_SECOND = {"authbasicfake": "password", "mdexternalaccountbinding": "key"}
_PARAMETER = re.compile(r"(?:^|[\s,;])(?:pass(?:word)?|pwd)=([^\s,;]+)", re.IGNORECASE)


def secrets(tree: Tree) -> Iterator[Secret]:
    for item in tree.root.walk():
        for name, kind, at in _of(item):
            yield credentials.in_config(at, name, kind)


def _of(item: Item) -> Iterator[tuple[str, str, Location]]:
    words = item.values
    if PASSWORDS.get(item.name) and words:
        text = words[-1]
        if (
            not (varies(text) or credentials.placeholder(text) or text.startswith(("exec:", "file:")))
            and len(text) > 3
        ):
            yield _spelt(item), PASSWORDS[item.name], item.word(len(words) - 1)
    elif item.name in _SECOND and len(words) > 1 and "%{" not in words[1]:
        if not (varies(words[1]) or credentials.placeholder(words[1])):
            yield _spelt(item), _SECOND[item.name], item.word(1)
    elif item.name in ("setenv", "define") and len(words) > 1 and not varies(words[1]):
        kind = credentials.recognise(words[0], words[1])
        if kind is not None:
            yield words[0], kind, item.word(1)
    elif item.name == "requestheader" and len(words) > 2:
        yield from _sent(item, words)
    elif item.name in ("proxypass", "balancermember"):
        # The secret that AJP backends share, and a password within a URL.
        for index, word in enumerate(words):
            known = (
                word.lower().startswith("secret=")
                and not varies(word)
                and not credentials.placeholder(word[7:])
            )
            if known and len(word) > 10:
                arg = item.directive.args[index]
                yield "secret", "secret", Location(item.source.path, item.pointer, Span(arg.start, arg.end))
            elif credentials.url_password(word):
                yield _spelt(item), "password in a URL", item.word(index)
    elif item.name == "dbdparams" and words:
        found = _PARAMETER.search(words[0])
        if found and not varies(found[1]) and not credentials.placeholder(found[1]):
            yield _spelt(item), "password", item.word(0)


def _spelt(item: Item) -> str:
    """The directive's name as it is written."""
    start = item.directive.span.start
    return item.source.text[start : start + len(item.name)]


def _sent(item: Item, words: list[str]) -> Iterator[tuple[str, str, Location]]:
    start = 1 if words[0].lower() in ("early",) else 0
    if words[start].lower() not in ("set", "add", "append", "merge", "setifempty") or len(words) < start + 3:
        return
    name, value = words[start + 1], words[start + 2]
    text = SCHEME.sub("", value)
    if (
        varies(value)
        or "%{" in value
        or value.startswith("expr=")
        or credentials.placeholder(text)
        or len(text) < 8
    ):
        return
    if credentials.token(value) or (
        credential(name) and "cookie" not in name.lower() and not re.search(r"\s", text)
    ):
        kind = "password" if value.lower().startswith("basic") else credentials.token(value) or "token"
        yield name, kind, item.word(start + 2)
