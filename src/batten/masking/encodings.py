"""The forms in which texts carry a value: escaped for JSON, XML or a URL, or within base64."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 6  # characters of a form


def forms(value: str) -> Iterator[str]:
    """Every form in which the value is looked for, itself first."""
    yield value
    if not value.isalnum():
        for form in dict.fromkeys(_escaped(value)):
            if form != value:
                yield form
    # What base64 makes of it at each of three offsets, without the characters that its neighbours decide: so it is
    # found in a Secret's data, and behind a user's name in Basic credentials.
    data = value.encode("utf-8", "replace")
    for lead, cut in ((0, 0), (1, 2), (2, 3)):
        padded = bytes(lead) + data
        whole = len(padded) // 3 * 4
        plain, safe = b64encode(padded).decode()[cut:whole], urlsafe_b64encode(padded).decode()[cut:whole]
        if len(plain) >= SHORTEST:
            yield plain
            if safe != plain:
                yield safe


def _escaped(value: str) -> Iterator[str]:
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    yield from (
        plain,
        json.dumps(plain, ensure_ascii=False)[1:-1],
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
    )
    html = escape(value)
    yield from (html, html.replace("&quot;", "&#34;").replace("&#x27;", "&#39;"), escape(value, quotes=False))
    yield from (escape(plain), html.replace("&#x27;", "&apos;"))
    yield from (value.replace("'", "''"), value.replace("'", "\\'"), value.replace('"', '\\"'))
    yield value.replace("'", "'\"'\"'")  # as shlex writes it
    yield value.replace("$", "$$")  # as Compose writes it
    try:
        coded = quote(value, safe="")
        yield from (coded, quote(value), quote_plus(value))
        yield coded.lower() if value.islower() else _lower_escapes(coded)
    except UnicodeEncodeError:  # half a character, of a name that is no UTF-8
        return


def escape(text: str, quotes: bool = True) -> str:
    """As html.escape, which takes longer to import than a review of a file."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#x27;") if quotes else text


def _lower_escapes(coded: str) -> str:
    head, *rest = coded.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)
