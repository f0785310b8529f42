"""One expression of a stranger's, and what it says about a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from batten.patterns.cost import AFFORDED, steps
from batten.patterns.syntax import Beyond, Items, Written, parsed, written

LONGEST = 10_000  # characters of an expression
_MEMORY = 4 << 20  # bytes that RE2 may use for one expression
T = TypeVar("T")


class BadPattern(ValueError):
    """Why a text is no expression that can be used: a sentence's end for people."""


class Pattern:
    """`search` and its kin say True, False, or None for what cannot be told at a bounded cost."""

    def __init__(self, text: str, flags: int, tree: Items, made: Written | None, beyond: str) -> None:
        self.text = text
        self.beyond = beyond  # what of it the linear engine cannot express; "" for nothing
        self._flags = flags
        self._tree = tree
        self._made = made

    def search(self, text: str) -> bool | None:
        """Whether it matches somewhere in the text."""
        return self._asked(text, "search", _matched)

    def match(self, text: str) -> bool | None:
        """Whether it matches at the start of the text."""
        return self._asked(text, "match", _matched)

    def fullmatch(self, text: str) -> bool | None:
        """Whether it matches the whole text."""
        return self._asked(text, "fullmatch", _matched)

    def found(self, text: str, group: int = 0) -> str | None:
        """What the first match, or a group of it, holds; None without one, and when it cannot be told."""
        made = self._made
        return self._asked(
            text,
            "search",
            lambda match: match[group] if match is not None and group <= match.re.groups else None,
            linear=made is not None and not made.nullable_loop,
        )

    def spans(self, text: str, most: int) -> list[tuple[tuple[int, int], ...]] | None:
        """Where the first matches, at most so many, and their groups begin and end (-1 for a group that took no part);
        None when it cannot be told."""
        made = self._made
        linear = made is not None and not made.nullable_loop
        return self._asked(
            text,
            "finditer",
            lambda found: [tuple(m.span(n) for n in range(m.re.groups + 1)) for m in islice(found, most)],
            linear=linear,
        )

    def _asked(self, text: str, how: str, read: Callable[[Any], T], linear: bool = True) -> T | None:
        if linear:
            # The engine that reads this text as Python does.
            made = self._made
            if made is None or not text or (made.ascii_only and not text.isascii()):
                engine = None
            elif not made.has_end or not text.endswith("\n"):
                engine = self._plain
            else:
                engine = self._lines if text.find("\n") == len(text) - 1 else None
        else:
            engine = None
        if engine is not None:
            try:
                return read(getattr(engine, how)(text))
            except UnicodeEncodeError:  # a lone surrogate, which no encoding holds
                pass
        if steps(self._tree, len(text)) > AFFORDED:
            return None
        return read(getattr(self._backtracking, how)(text))

    @cached_property
    def _plain(self) -> Any:
        return _engine(self._made.plain) if self._made is not None else None

    @cached_property
    def _lines(self) -> Any:
        return _engine(self._made.lines) if self._made is not None else None

    @cached_property
    def _backtracking(self) -> re.Pattern[str]:
        return re.compile(self.text, self._flags)


def _matched(found: object) -> bool:
    return found is not None


@lru_cache(maxsize=1024)
def compiled(text: str, *, ignore_case: bool = False, multiline: bool = False) -> Pattern:
    """An expression as Python's `re` writes it. Raises BadPattern."""
    if len(text) > LONGEST:
        raise BadPattern(f"it is longer than {LONGEST} characters")
    flags = (re.IGNORECASE if ignore_case else 0) | (re.MULTILINE if multiline else 0)
    try:
        tree, own = parsed(text, flags)
        return Pattern(text, flags, tree, *_written(tree, own))
    except re.error as error:
        raise BadPattern(str(error)) from None
    except (RecursionError, OverflowError):
        raise BadPattern("it is nested too deeply") from None


def _written(tree: Items, flags: int) -> tuple[Written | None, str]:
    try:
        made = written(tree, flags)
        _engine(made.plain)
    except Beyond as beyond:
        return None, str(beyond)
    except ValueError:
        return None, "an expression of this size"
    return made, ""


@lru_cache(maxsize=128)
def _engine(text: str) -> Any:
    """RE2's own, made when the first stranger's expression is met. Raises ValueError for one that is too large."""
    re2 = import_module("re2")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(text.encode(), options)
    except re2.error:
        raise ValueError from None
