"""The secrets that this process met. They are written nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from batten.masking.encodings import forms
from batten.masking.values import LONGEST, stands_in, telling
from batten.model import Location

MOST = 50_000  # values: a stranger who shows more must not drive out those that were there
MOST_PLACES = 200_000
HEAD = 12  # characters by which a value is known that somebody cut, at least
LONGEST_HEAD = 40
_GRAM, _STEP = 4, 3  # each form of six characters holds a gram that begins at a multiple of three


@dataclass(slots=True)
class Register:
    """Values by form, and an index of their first grams: a text is gone through in strides, whatever is registered."""

    values: set[str] = field(default_factory=set)
    forms: dict[str, str] = field(default_factory=dict)  # a form, or the head of one -> the form
    grams: dict[str, set[tuple[int, int]]] = field(
        default_factory=dict
    )  # -> offset and length of forms with it
    places: dict[tuple[str, int], set[tuple[int, int]]] = field(
        default_factory=dict
    )  # of a file as it was read
    waiting: list[str] = field(default_factory=list)  # values whose forms nobody has asked for yet
    version: int = 0
    noted: int = 0
    lock: Lock = field(default_factory=Lock)

    def add(self, value: str) -> None:
        if value in self.values:
            return
        with self.lock:
            if len(self.values) < MOST:
                self.values.add(value)
                self.waiting.append(value)
                self.version += 1

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Where registered values stand in the text, in any form; unordered."""
        if self.waiting:
            self._index()
        if not self.grams:
            return []
        grams = self.grams
        near = [i for i in range(0, len(text) - _GRAM + 1, _STEP) if text[i : i + _GRAM] in grams]
        confirmed: list[tuple[int, int]] = []
        for at in near:
            for offset, length in self.grams[text[at : at + _GRAM]]:
                start = at - offset
                form = self.forms.get(text[start : start + length]) if start >= 0 else None
                if form is not None:
                    # How many characters the text shares with the form from `start` on, `length` of which are known
                    # to be.
                    confirmed.append(
                        (
                            start,
                            start
                            + next(
                                (
                                    n
                                    for n in range(length, min(len(form), len(text) - start))
                                    if text[start + n] != form[n]
                                ),
                                min(len(form), len(text) - start),
                            ),
                        )
                    )
        return confirmed

    def _index(self) -> None:
        with self.lock:
            waiting, self.waiting = self.waiting, []
            for value in waiting:
                for form in forms(value):
                    self._know(form, form)
                    if (head := _head(form)) is not None:
                        self._know(head, form)

    def _know(self, key: str, form: str) -> None:
        if len(key) < _GRAM + _STEP - 1:
            return
        self.forms.setdefault(key, form)
        for offset in range(_STEP):
            self.grams.setdefault(key[offset : offset + _GRAM], set()).add((offset, len(key)))


def _head(form: str) -> str | None:
    """The beginning by which a form is known that was cut: no word, since a value may begin like any text does."""
    for length in range(HEAD, min(LONGEST_HEAD, len(form) - 4)):
        if telling(form[:length].strip(" -_./:")):
            return form[:length]
    return None


_register = Register()


def register(value: str) -> None:
    """Hide this value from now on, wherever it stands. A word that may be anything's, and what only stands for a
    secret, is not looked for (see the package)."""
    if not value or stands_in(value):
        return
    if "\n" in value or len(value) > LONGEST:
        for line in value.splitlines()[:2_000]:
            if telling(line.strip()):
                _register.add(line.strip())
        return
    bare = value.strip()
    if telling(bare):
        _register.add(bare)


def note(at: Location, text: str) -> None:
    """Hide what stands there in this text of the file, whatever it is: a password may be a word. A fix is proved on
    other texts of the same file, in which the place is another."""
    if at.span is not None and _register.noted < MOST_PLACES:
        spans = _register.places.setdefault((at.source, hash(text)), set())
        _register.noted += (at.span.start, at.span.end) not in spans
        spans.add((at.span.start, at.span.end))


def places_of(source: str, text: str) -> set[tuple[int, int]]:
    """What was noted of this text of the file."""
    return _register.places.get((source, hash(text)), set()) if _register.places else set()


def heard(texts: Iterable[str]) -> None:
    """Register all of them."""
    for text in texts:
        register(text)


def hits(text: str) -> list[tuple[int, int]]:
    return _register.hits(text)


def known(text: str) -> bool:
    """Whether the text holds a registered value in any form."""
    return bool(_register.hits(text))


def version() -> int:
    return _register.version


def forget() -> None:
    """Empty the register."""
    global _register
    before = _register.version
    _register = Register(version=before + 1)
