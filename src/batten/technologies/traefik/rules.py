"""What a rule of a router asks for.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r'`[^`]*`|"(?:[^"\\]|\\.)*"|&&|\|\||.', re.DOTALL)
_PATH = re.compile(r"Path(Prefix|Regexp)?\(`([^`]*)`\)")
# Where answers to a certificate authority are (RFC 8555, 8.3), and an expression of one branch that begins there.
_CHALLENGES = "/.well-known/acme-challenge/"
_EXPRESSION = re.compile(r"\^/\\?\.well\\?-known/acme\\?-challenge/[^|]*")


def for_authority(rule: str) -> bool:
    """Whether nobody but a certificate authority asks for what it takes."""
    return any(map(_is_challenge, _required(rule)))


def _required(rule: str) -> list[str]:
    """The parts of a rule that must all hold; none where one of several is enough."""
    parts, depth = [""], 0
    for token in _TOKEN.findall(rule):
        depth += (token == "(") - (token == ")")
        if token == "||" and depth == 0:
            return []
        if token == "&&" and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts]


def _is_challenge(part: str) -> bool:
    found = _PATH.fullmatch(part)
    if found is None:
        return False
    kind, text = found.groups()
    return _EXPRESSION.fullmatch(text) is not None if kind == "Regexp" else text.startswith(_CHALLENGES)
