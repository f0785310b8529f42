"""Words about credentials, in the languages in which products are translated, and what shows that a text consists of them."""

from __future__ import annotations

import itertools
import re
from functools import cache

from batten.files.own import own_text

_HERE = "technologies/shared/secrets"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ENDS = re.compile(r"[?:：？…。!！]$|\.{3}$")
_SPACED = re.compile(r"\s|[\u3000-\u9fff\uac00-\ud7af\u0e00-\u0eff]")


@cache
def _rows() -> tuple[frozenset[str], tuple[str, ...]]:
    """Words that stand by themselves, and parts of texts of languages that write no spaces or bend their words."""
    words: set[str] = set()
    stems: list[str] = []
    for line in (own_text(f"{_HERE}/wording.txt") or "").splitlines():
        if line and not line.startswith("#"):
            for word in line.partition(":")[2].split():
                words.add(word.replace("+", " ")) if not word.endswith("*") else stems.append(word[:-1])
    return frozenset(words), tuple(stems)


def known(word: str) -> bool:
    """Whether the word is one of those about credentials."""
    words, stems = _rows()
    small = word.lower()
    return small in words or (any(small.startswith(stem) for stem in stems))


def mentions(text: str) -> bool:
    """Whether a text speaks of a credential."""
    _, stems = _rows()
    small = text.lower()
    return any(known(word) for word in _WORD.findall(small)) or any(
        stem in small for stem in stems if not stem.isascii()
    )


def sentence(text: str, name: str = "") -> bool:
    """Whether the text is one for people: several words that speak of a credential, or as many as no password has."""
    if not _SPACED.search(text):
        return False
    words = [word for word in text.split() if word]
    bare = [word for word in words if _WORD.fullmatch(word.strip(".,:;!?…()[]\"'“”„«»-"))]
    if len(words) == 1:
        return mentions(text) or (
            not text.isascii() and len(text) >= 2 and not any(c.isdigit() for c in text)
        )
    if mentions(text) and not name.isupper() and len(bare) >= 1:
        return True
    if len(bare) >= 3 and len(bare) >= 0.7 * len(words):
        return True
    return len(bare) == len(words) and (
        _ENDS.search(text) is not None
        or not text.isascii()
        or (mentions(text) and len(words) > 2)
        or text.istitle()
    )


def label(text: str) -> bool:
    """Whether the text is the word for a credential as a form shows it: `Passwort`, `Mot-de-passe`, `new-password`, `パスワード`."""
    if not text.isascii():
        return mentions(text) and not any(c.isdigit() for c in text)
    words = _WORD.findall(_HUMP.sub(" ", text))
    if not words or any(c.isdigit() for c in text) or not all(known(word) for word in words):
        return False
    return (
        text[:1].isupper() and not text.isupper()
        if len(words) == 1
        else text[:1].isupper() or _ENDS.search(text) is not None
    )


def named(text: str, name: str) -> bool:
    """Whether the value is a name itself, made of the words of its own and of those about credentials: `reset_password_token`."""
    words = [word.lower() for word in _WORD.findall(_HUMP.sub(" ", text).replace("_", " "))]
    own = {word.lower() for word in _WORD.findall(_HUMP.sub(" ", name).replace("_", " "))}
    joined = "".join(own)
    return (
        bool(words)
        and not any(c.isdigit() for c in text)
        and all(word in own or word in joined or known(word) for word in words)
    )


def row(digits: str) -> bool:
    """Whether the digits are a year, a row, or one again and again."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(digits)}
    return (len(steps) == 1 and steps <= {-1, 0, 1}) or re.fullmatch(r"(?:19|20)\d\d", digits) is not None
