"""A control's page, as people read it: without the marks that its tests need, and for one technology where asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(
    r"^```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL
)
_LABELS = {"bad": "Broken:", "fixed": "Repaired:", "good": "Sound:", "policy": "batten.yaml:"}


def readable(page: str) -> str:
    """The Markdown with each fence's marks told as a caption: "Broken:", "Repaired:"."""
    return _FENCE.sub(_captioned, page)


def _captioned(fence: re.Match[str]) -> str:
    words = fence["info"].split()
    label = next((_LABELS[word] for word in words if word in _LABELS), "")
    file = next((word.partition("=")[2] for word in words if word.startswith("file=")), "")
    caption = f"{label[:-1]}, `{file}`:" if label and file else label or (f"`{file}`:" if file else "")
    block = f"```{fence['language']}\n{fence['text']}```"
    return f"{caption}\n\n{block}" if caption else block


def about(page: str, names: frozenset[str], others: frozenset[str]) -> str:
    """The page without the sections that are headed by another technology. `names` and `others` are headings in lower
    case."""
    return "".join(text for heading, text in _sections(page) if heading not in others - names)


def _sections(page: str) -> Iterator[tuple[str, str]]:
    """Each part of the page that a heading of any level opens, with that heading in lower case; "" before the first."""
    heading, fenced = "", False
    lines: list[str] = []
    for line in page.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("##") and not fenced:
            yield heading, "".join(lines)
            heading, lines = line.lstrip("#").strip().lower(), []
        lines.append(line)
    yield heading, "".join(lines)
