"""What a fix writes, as words for a sentence: directives between backquotes, YAML on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

LONGEST = 500  # characters of all that is written


def written(before: str, after: str, *, flow: bool) -> str:
    """`` `server_tokens off;` `` of two texts of a file; "" where nothing is written, or too much to read. `flow`: its
    nesting is told by indentation, as in YAML."""
    old, new = before.splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    hunks = [(old[a:b], new[c:d]) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    added = [part for _, lines in hunks for part in _parts([line for line in lines if line.strip()], flow)]
    if not added:
        gone = [line.strip() for lines, _ in hunks for line in lines if line.strip()]
        return f"remove {_listed(gone)}" if gone else ""
    told = _listed(added)
    return told if len(told) <= LONGEST else ""


def _parts(lines: list[str], flow: bool) -> Iterator[str]:
    """Lines that are read by themselves; a block of them on one line."""
    if flow:
        top: list[_Entry] = []
        around: list[tuple[float, list[_Entry]]] = [(-1, top)]
        for nested_line in lines:
            depth, text = len(nested_line) - len(nested_line.lstrip()), nested_line.strip()
            own = depth + 0.5 * text.startswith("- ")  # an item may be as deep as the key of its list
            while len(around) > 1 and around[-1][0] >= own:
                around.pop()
            entry = _Entry(text)
            around[-1][1].append(entry)
            if text.startswith("- ") and text.endswith(":"):
                first = _Entry(text[2:])
                entry.text, entry.inner = "-", [first]
                around += [(own, entry.inner), (depth + 2, first.inner)]
            elif text.startswith("- ") and ": " in text:
                entry.text, entry.inner = "-", [_Entry(text[2:])]
                around.append((own, entry.inner))
            else:
                around.append((own, entry.inner))
        yield from _flow(top)
    elif any(line.rstrip().endswith("{") for line in lines):
        yield " ".join(" ".join(lines).split())
    else:
        yield from (line.strip().rstrip(",") for line in lines)


def _listed(parts: Sequence[str]) -> str:
    quoted = [f"`{part}`" for part in dict.fromkeys(parts)]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), *quoted[-1:])))


class _Entry:
    """A line, and those that are nested in it."""

    __slots__ = ("inner", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.inner: list[_Entry] = []


def _flow(entries: list[_Entry]) -> Iterator[str]:
    for entry in entries:
        if not entry.inner:
            yield entry.text.removeprefix("- ")
            continue
        listed = entry.inner[0].text.startswith("-")
        inner = ", ".join(_flow(entry.inner))
        held = f"[{inner}]" if listed else f"{{{inner}}}"
        yield held if entry.text == "-" else f"{entry.text} {held}"
