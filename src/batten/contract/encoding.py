"""`encoding` of a media type: how each property of a form is written."""

from __future__ import annotations

from batten.contract.contract import Encoding
from batten.contract.references import References
from batten.contract.source import Place
from batten.formats.tree import Plain


def read_encoding(media: dict[str, Plain], place: Place, references: References) -> dict[str, Encoding]:
    """By the property's name."""
    declared = media.get("encoding")
    return {
        name: _encoding(value, place / "encoding" / name, references)
        for name, value in (declared.items() if isinstance(declared, dict) else ())
        if isinstance(value, dict)
    }


def _encoding(value: dict[str, Plain], place: Place, references: References) -> Encoding:
    content_type, style, explode = (value.get(key) for key in ("contentType", "style", "explode"))
    headers = value.get("headers")
    required_place = place / "headers"
    required: set[str] = set()
    for name, header in headers.items() if isinstance(headers, dict) else ():
        target = references.follow(header, required_place / name)
        if target is not None and isinstance(target.value, dict) and target.value.get("required") is True:
            required.add(name.lower())
    return Encoding(
        content_type=content_type if isinstance(content_type, str) else "",
        style=style if isinstance(style, str) else "",
        explode=explode if isinstance(explode, bool) else None,
        headers=frozenset(required),
    )
