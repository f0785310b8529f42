"""A string that a schema admits: of its format, of a simple pattern, of its length."""

from __future__ import annotations

import re
from typing import Any

from batten.patterns import compiled

NOBODY = "00000000-0000-4000-8000-000000000000"
FORMATS = {
    "uuid": NOBODY,
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "nobody@example.com",
    "idn-email": "nobody@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/batten",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "byte": "YmF0dGVu",
    "json-pointer": "/batten",
}
WORD = "batten"
LONGEST = 4000
_CLASSES = {"d": "5", "w": "b", "s": " ", "D": "b", "W": "-", "S": "b"}
_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<count>\{(\d+)(,(\d*))?\}|[*+?])\??"
    r"|(?P<anchor>[\^$])|(?P<group>\((?:\?:|\?P?<\w+>|(?!\?)))|(?P<close>\))|(?P<or>\|)|(?P<any>\.)|(?P<plain>[^\\(\[])",
    re.DOTALL,
)


def string_of(rules: dict[str, Any], number: int = 0) -> str | None:
    """None where none could be made."""
    least, most = rules.get("minLength", 0), rules.get("maxLength", LONGEST)
    pattern, form = rules.get("pattern"), rules.get("format")
    if isinstance(pattern, str):
        # The shortest that the pattern takes, then with its open ends drawn out until the length is right. The
        # pattern may be a stranger's, so it is never run: what looks ahead or back, or repeats without measure, is
        # given up.
        try:
            for more in (0, 1, 2, 4, 8, 16, 32, 64):
                tokens: list[re.Match[str]] = []
                at = 0
                while at < len(pattern):
                    found = _TOKEN.match(pattern, at)
                    if found is None:
                        raise ValueError("no pattern")
                    tokens.append(found)
                    at = found.end()
                pattern_text = _alternative(tokens, more)
                if least <= len(pattern_text) <= most:
                    return pattern_text
        except (re.error, ValueError, IndexError, RecursionError):
            return None
        return None
    if isinstance(form, str) and form in FORMATS:
        return FORMATS[form]
    text = WORD + (str(number) if number else "")
    text = text[:most] if most < len(text) else text
    return text + "x" * (least - len(text)) if least <= LONGEST else None


def _alternative(tokens: list[re.Match[str]], more: int) -> str:
    """The text of the first alternative; tokens are taken from the front until the group is closed."""
    made, taken = "", True
    while tokens:
        token = tokens.pop(0)
        if token["close"]:
            break
        if token["or"]:
            taken = False
            continue
        if token["group"]:
            piece = _alternative(tokens, more)
        elif token["anchor"]:
            piece = ""
        elif token["set"]:
            # A character of a set: a letter or digit where one will do.
            written = token["set"]
            known = compiled(written[0] + written[1:].replace("[", r"\["))
            piece = next(c for c in "b5Bx0-_. @/:;,+#!~" + "acdefg12346789ABCDEF" if known.match(c))
        else:
            if token["count"]:
                raise ValueError("nothing to repeat")
            if token["escape"]:
                letter = token["escape"][1]
                if letter in "bB":
                    piece = ""
                else:
                    escaped_known = _CLASSES.get(letter) or {"n": "\n", "r": "\r", "t": "\t"}.get(letter)
                    if escaped_known is None and letter.isalnum():
                        raise ValueError("an unknown escape")
                    piece = escaped_known or letter
            else:
                piece = "b" if token["any"] else token[0]
        if tokens and tokens[0]["count"]:
            repeated_token = tokens.pop(0)
            count = repeated_token["count"]
            if count[0] != "{":
                piece = piece * (0 if count == "?" else more if count == "*" else 1 + more)
            else:
                bounds = count[1:-1].split(",")
                least = int(bounds[0])
                most = least if len(bounds) == 1 else int(bounds[1]) if bounds[1] else least + more
                if len(piece) * min(most, least + more) > LONGEST:
                    raise ValueError("too long")
                piece = piece * min(most, least + more)
        made += piece if taken else ""
    return made
