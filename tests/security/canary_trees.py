"""Trees with fresh secrets in them, and the search for what got out."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

CANARIES = Path(__file__).parent / "canaries"
_BLOCK = re.compile(r"^## (?P<path>\S+)\n```\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r"CANARY(?:~(?P<form>[a-z0-9]+))?")
_MIXED = string.ascii_letters + string.digits
_ISSUED = {"github": "ghp_", "gitlab": "glpat-", "stripe": "sk_live_", "npm": "npm_"}  # prefixes of issuers
PIECE = 9  # characters of a secret that are too many already


class Canaries:
    """Secrets that were put somewhere. Styles take turns, so that every place meets each of them over the seeds."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"canaries {seed}")
        self.turn = seed
        self.values: list[str] = []

    def fresh(self, form: str = "") -> str:
        """A new secret in the form in which it is written."""
        self.turn += 1
        if form in _ISSUED:
            self.values.append(_ISSUED[form] + self._some(_MIXED, 36))
            return self.values[-1]
        nasty = form in ("json", "single", "url", "base64", "basic") and self.turn % 2
        value = self._nasty() if nasty else self._plain(self.turn % 3)
        self.values.append(value)
        return written(value, form)

    def _some(self, alphabet: str, count: int) -> str:
        return "".join(self.random.choices(alphabet, k=count))

    def _plain(self, style: int) -> str:
        if style == 0:
            return f"hunter2-{self._some(string.ascii_lowercase + string.digits, 14)}7"
        if style == 1:
            return self._some("0123456789abcdef", 32)
        return f"{self._some(_MIXED, 26)}4Zq"

    def _nasty(self) -> str:
        part = self._some(_MIXED, 7) + "3"
        return f"p&{part}\"x\\{part[::-1]}'<z"


def written(value: str, form: str) -> str:
    match form:
        case "json":
            return json.dumps(value)[1:-1]
        case "single":
            return value.replace("'", "''")
        case "url":
            return quote(value, safe="")
        case "base64":
            return base64.b64encode(value.encode()).decode()
        case "basic":
            return base64.b64encode(f"user:{value}".encode()).decode()
    return value


def planted(text: str, canaries: Canaries) -> str:
    return _MARKER.sub(lambda m: canaries.fresh(m["form"] or ""), text)


def tree(name: str, canaries: Canaries, root: Path) -> list[str]:
    """Write the files of `canaries/<name>.md`; returns their paths."""
    blocks = list(_BLOCK.finditer((CANARIES / f"{name}.md").read_text(encoding="utf-8")))
    for block in blocks:
        place = root / block["path"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(planted(block["text"], canaries), encoding="utf-8")
    return [block["path"] for block in blocks]


def count(name: str) -> int:
    blocks = _BLOCK.finditer((CANARIES / f"{name}.md").read_text(encoding="utf-8"))
    return sum(len(_MARKER.findall(block["text"])) for block in blocks)


def pieces(value: str) -> set[str]:
    """What may be seen of a secret nowhere: its beginning and its end, as texts carry them."""
    bare = value.removeprefix("hunter2-").rpartition("_")[2].removeprefix("glpat-")
    parts = {bare, bare[:PIECE], bare[-PIECE:]} if bare.isalnum() else {bare, *re.findall(r"\w{7,}", bare)}
    found = set()
    for part in (value, *parts):
        found |= {
            part,
            json.dumps(part)[1:-1],
            json.dumps(json.dumps(part))[3:-3],
            escape(part),
            quote(part, safe=""),
        }
        found |= {quote_plus(part), part.replace("'", "''"), repr(part)[1:-1]}
    for lead, cut in ((0, 0), (1, 2), (2, 3)):
        data = bytes(lead) + value.encode()
        whole = base64.b64encode(data).decode()[cut : len(data) // 3 * 4]
        found |= {whole, whole[:12], whole[-12:], whole.replace("+", "-").replace("/", "_")}
    return {f for f in found if len(f) >= 7}


def seen(text: str, canaries: Canaries) -> list[str]:
    """The secrets that show in the text, with what stands around them."""
    found = []
    for value in dict.fromkeys(canaries.values):
        for piece in pieces(value):
            at = text.find(piece)
            if at >= 0:
                found.append(f"{value} as {piece}: …{text[max(0, at - 90) : at + len(piece) + 40]}…")
                break
    return found
