"""What a fix must leave of a file's own layout: rules of formatters, written here from their documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

# https://developer.hashicorp.com/terraform/language/style: "Align equals signs" of consecutive single-line arguments.
_ARGUMENT = re.compile(r"^(?P<lead>\s*[\w.\"-]+)(?P<gap>\s+)=\s(?P<value>.*)$")
_ITEM = re.compile(r"^(?P<indent> *)- ")
_KEY = re.compile(r"^(?P<indent> *)(?:- )*[\w.\"'/-]+:\s*(?:#.*)?$")
_ADDED_QUOTES = re.compile(
    r":\s+(?P<quote>[\"'])[^\"'\\]*(?P=quote)\s*$|^\s*- (?P<item>[\"'])[^\"'\\]*(?P=item)\s*$"
)


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Consecutive arguments of one line each, as far as no heredoc or list goes on below."""
    run: list[re.Match[str]] = []
    for line in text.splitlines():
        found = _ARGUMENT.match(line)
        whole = found is not None and "<<" not in line and _balanced(found["value"])
        if found is not None and whole:
            run.append(found)
        else:
            yield run
            run = []
    yield run


def _balanced(value: str) -> bool:
    plain = re.sub(r"\"(?:[^\"\\]|\\.)*\"", "", value.partition(" #")[0])
    return all(plain.count(a) == plain.count(b) for a, b in ("()", "[]", "{}"))


def hcl_faults(text: str) -> list[str]:
    """Arguments whose equals signs do not stand in one column, and no further right than the longest name needs."""
    faults = []
    for run in _runs(text):
        wanted = max((len(found["lead"]) for found in run), default=0) + 1
        faults += [found[0] for found in run if len(found["lead"] + found["gap"]) != wanted]
    return faults


def text_faults(text: str) -> list[str]:
    """Blanks at the ends of lines, but for the one before a value that is empty, and a last line without its end."""
    trailing = (line for line in text.split("\n") if line != line.rstrip(" \t"))
    return [line for line in trailing if not line.endswith("= ")] + ["no end"] * (not text.endswith("\n"))


def list_steps(text: str) -> set[int]:
    """How far the lists of a YAML text are indented beyond their keys."""
    steps, above = set(), ""
    for line in text.splitlines():
        item, key = _ITEM.match(line), _KEY.match(above)
        if item is not None and key is not None:
            steps.add(len(item["indent"]) - len(key["indent"]) - (2 * above.lstrip().startswith("- ")))
        if line.strip() and not line.lstrip().startswith("#"):
            above = line
    return steps


def quotes(text: str) -> set[str]:
    """The quotes in which whole values of a YAML text stand, where either kind would do."""
    return {
        found["quote"] or found["item"] for line in text.splitlines() if (found := _ADDED_QUOTES.search(line))
    }


def faults(path: str, before: str, after: str) -> list[str]:
    """What a change takes away of the layout that a file had."""
    found = [] if text_faults(before) else text_faults(after)
    if path.endswith((".tf", ".hcl", ".tfvars")) and not hcl_faults(before):
        found += hcl_faults(after)
    if path.endswith((".yml", ".yaml")):
        known, new = list_steps(before), list_steps(after)
        found += [f"lists indented by {new - known}"] if known and new - known else []
        used, now = quotes(before), quotes(after)
        found += [f"quotes {now - used}"] if used and now - used else []
    return found
