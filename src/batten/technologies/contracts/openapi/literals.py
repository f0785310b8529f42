"""Credentials and plain links that examples, defaults and descriptions carry: found in the text, placed in the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten import masking
from batten.contract import Contract, pointer_at
from batten.contract.source import Source
from batten.facts import Secret
from batten.model import Location, Setting, Span
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.text.scalars import scalar_at

_MADE_UP = re.compile(
    r"(?i)example|sample|dummy|test|fake|x{4}|0{4}|1234|abcd|your|\*{3}|\.{3}"
    r"|16C7e42F292c6912E7710c838347Ae178B4a"  # printed in GitHub's documentation
)
_DEFAULT = re.compile(r"(?<!\w)default[\"']?\s*:\s*(?=[\"'\w])")
_SECRETIVE = re.compile(r"(?i)pass|pwd|secret|token|key|credential")
_NEAR = 400  # characters in front of a default in which the name of what it is of stands
_WORDS = frozenset(("string", "password", "passwd", "secret", "token", "key"))  # they name it, no more
FEWEST = 9  # different characters in a token that somebody issued
_ASSET = re.compile(
    r"(?i)http://[\w.-]+(?::\d+)?/[^\s\"'<>{}]*\.(?:png|jpe?g|gif|webp|avif|svg|ico|css|m?js|woff2?|ttf|mp4|webm|mp3)\b"
)
_SHOWING = frozenset(("example", "examples", "default", "x-example", "x-examples"))


def secrets_of(contract: Contract) -> Iterator[Secret]:
    """Tokens of formats that issuers publish, wherever they stand; sample tokens are made up, and seen to be."""
    for path in contract.files:
        source = contract.references.sources.files[path]
        # Those that somebody issued; JSON web tokens in documents are there to be read.
        for tokens_kind, tokens_found in masking.tokens(source.text.text):
            if (
                tokens_kind != "JSON web token"
                and credentials.token(tokens_found[0])
                and not _is_made_up(tokens_found[0])
            ):
                kind, span = tokens_kind, Span(*tokens_found.span())
                found = scalar_at(source.root, span.start)
                if found is None:
                    continue
                at = Location(path, pointer_at(source, found.keys), span)
                # The key that says what it is: `example` does not.
                yield credentials.in_config(
                    at,
                    next(
                        (
                            k
                            for k in reversed(found.keys)
                            if not k.isdecimal() and k not in _SHOWING | {"value"}
                        ),
                        "example",
                    ),
                    kind,
                )
        yield from _defaults(path, source)


def _defaults(path: str, source: Source) -> Iterator[Secret]:
    """Passwords and keys that clients send when nobody says otherwise. Only what stands near a name that
    sounds like one is looked up."""
    text = source.text.text
    for at in _occurrences(text, "default"):
        match = _DEFAULT.match(text, at)
        if match is None or not _SECRETIVE.search(text, max(0, at - _NEAR), at):
            continue
        found = scalar_at(source.root, match.end())
        if found is None or not isinstance(found.node.value, str) or found.node.value.lower() in _WORDS:
            continue
        # The property, variable or parameter whose default a scalar is.
        keys = found.keys
        if keys[-1:] != ("default",):
            name = ""
        elif keys[-3:-2] in (("properties",), ("variables",)):
            name = keys[-2]
        else:
            holder = source.value(keys[:-2] if keys[-2:-1] == ("schema",) else keys[:-1])
            owner_name = holder.get("name") if isinstance(holder, dict) and "in" in holder else None
            name = owner_name if isinstance(owner_name, str) else ""
        kind = credentials.recognise(name, found.node.value)
        if kind and credentials.token(found.node.value) is None:
            place = Location(path, pointer_at(source, found.keys), found.node.span)
            yield credentials.in_config(place, name, kind)


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _is_made_up(token: str) -> bool:
    return _MADE_UP.search(token) is not None or len(set(token[4:])) < FEWEST


def asset_links(contract: Contract) -> Iterator[Setting[str]]:
    """URLs of images, styles and scripts that examples and defaults show."""
    for path in contract.files:
        source = contract.references.sources.files[path]
        for match in _ASSET.finditer(source.text.text) if "http://" in source.text.text else ():
            found = scalar_at(source.root, match.start())
            if found is None or found.node.value != match[0] or not _SHOWING.intersection(found.keys):
                continue
            if urlsplit(match[0]).hostname:
                yield Setting(match[0], Location(path, pointer_at(source, found.keys), found.node.span))
