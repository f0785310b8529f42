"""Fixes that the files themselves speak against: they become questions.

A risky fix may break something; one of which the repository shows that it will is not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from batten.engine import callers, compose_clients, upgrades
from batten.facts import Fact, Limits
from batten.formats import Unreadable, Workspace, comments
from batten.formats.document import Text
from batten.model import Edit, Finding, Fix, Kind, Quantity, Safety
from batten.model import remedy as want
from batten.model.record import changed, record

# What a request may be; what a workload may use has a control, and rules, of its own.
_OF_REQUESTS = frozenset(
    (
        Quantity.BODY,
        Quantity.HEADER_TIMEOUT,
        Quantity.BODY_TIMEOUT,
        Quantity.SEND_TIMEOUT,
    )
)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE = re.compile(r"(\d+)([kmg]?)")
_CALL = re.compile(r"(?!.*(?:Limit|Time|Size))[\w.]+\(.*\)")
_LONGEST = 80  # characters of a comment or value that a question repeats
_ADDED = re.compile(
    r"^[ \t]*(?:-[ \t]*)?[\"']?(?P<name>[A-Za-z_][\w.-]{2,60})[\"']?(?:[ \t]*[:=]|[ \t]\S)", re.MULTILINE
)


@record
class Case:
    """A fix with what is known around it."""

    fix: Fix
    finding: Finding
    workspace: Workspace
    largest: int = 0  # bytes: the largest body that a file of the tree allows


def cautious(fix: Fix, finding: Finding, workspace: Workspace, largest: int) -> Fix:
    """The fix; or the question that stands in its place."""
    if not fix.edits or fix.safety is Safety.VALUE:
        return fix
    case = Case(fix, finding, workspace, largest)
    said = (rule(case) for rule in _RULES)
    question = next(filter(None, said), "") or next(
        filter(None, (rule(fix, finding, workspace) for rule in _OF_CLIENTS)), ""
    )
    return changed(fix, edits=(), safety=Safety.VALUE, breaks="", question=question) if question else fix


def largest_body(facts: Iterable[Fact]) -> int:
    """The largest body, in bytes, that a setting which is written allows; 0 where none is."""
    bounds = (f.body for f in facts if isinstance(f, Limits) and f.body is not None)
    return max((b.value for b in bounds if isinstance(b.value, int)), default=0)


def _limited(case: Case) -> str:
    """A limit that is written is somebody's decision, "no limit" as well: another one is theirs, too."""
    remedy = case.finding.remedy
    if not isinstance(remedy, want.Limit) or remedy.resource not in _OF_REQUESTS:
        return ""
    what = remedy.resource.value.replace("-", " ")
    for edit, text in _replacing(case):
        written = _brief(text.text[edit.span.start : edit.span.end])
        if _CALL.fullmatch(written):
            continue  # what starts a server, where the limit goes
        return f"which limit suits what clients send here? `{written}` is written, and a lower one may refuse them ({what})"
    size = _SIZE.fullmatch(remedy.amount)
    if remedy.resource is Quantity.BODY and size and case.largest > int(size[1]) * _UNITS[size[2]]:
        return f"which size may bodies have here? another file allows {_size(case.largest)}, and {remedy.amount} would refuse them"
    return ""


def _size(number: int) -> str:
    for unit, factor in (("g", 1024**3), ("m", 1024**2), ("k", 1024)):
        if number >= factor and number % factor == 0:
            return f"{number // factor}{unit}"
    return f"{number} bytes"


def _said(case: Case) -> str:
    """A comment beside what is changed, or about the very setting that is added, gives a reason."""
    for edit, text in _replacing(case):
        reason = comments.reason(text, edit.span)
        if reason:
            return f"does the reason still hold? a comment beside it says `{_brief(reason)}`: change it by hand if it does not"
    at = case.finding.at
    held = _text(case.workspace, at.source) if at.span is not None else None
    accepted = comments.accepted(held, at.span) if held is not None and at.span is not None else ""
    if accepted:
        return f"is it still accepted? a comment beside it says `{_brief(accepted)}`: change it by hand if it is not"
    # The names that the first lines of insertions set.
    # The block that something is added to.
    for adding_edit in case.fix.edits:
        adding_text = _text(case.workspace, adding_edit.source)
        found = (
            _ADDED.search(adding_edit.text)
            if adding_text is not None and adding_edit.span.start == adding_edit.span.end
            else None
        )
        if adding_text is not None and found is not None:
            name, edit, text = found["name"], adding_edit, adding_text
            around_at = case.finding.at
            if (
                around_at.kind is Kind.BLOCK
                and around_at.source == edit.source
                and around_at.span is not None
            ):
                around: tuple[int, int] = around_at.span.start, max(around_at.span.end, edit.span.end)
            else:
                around = edit.span.start, edit.span.end
            line = comments.disabled(text, around, name)
            if line:
                return f"why is it commented out? `{_brief(line)}` is there as a comment: set it by hand if nothing needs it so"
    return ""


def _brief(text: str) -> str:
    plain = " ".join(text.replace("`", "'").split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _replacing(case: Case) -> Iterator[tuple[Edit, Text]]:
    """The edits that take the place of something that is written."""
    for edit in case.fix.edits:
        text = _text(case.workspace, edit.source)
        if text is not None and text.text[edit.span.start : edit.span.end].strip():
            yield edit, text


def _text(workspace: Workspace, path: str) -> Text | None:
    try:
        return workspace.text(path) if workspace.exists(path) else None
    except Unreadable:
        return None


# What `helm template` writes at the head of each object; what generators write, as Go asks for it (https://go.dev/s/generatedcode)
# and in other words.
_MADE = re.compile(
    r"^\W{0,6}(?:Source: [\w.-]+(?:/charts/[\w.-]+)*/templates/\S+"
    r"|.{0,80}\b(?:auto-?)?generated\b.{0,120}\b(?:do not|don't) (?:edit|modify|change)\b.{0,80}"
    r"|.{0,80}\b(?:do not|don't) (?:edit|modify|change)\b.{0,80}\b(?:auto-?)?generated\b.{0,80})$",
    re.IGNORECASE,
)
_HEAD = 12  # lines


def _generated(case: Case) -> str:
    """A file that a program writes is written again, without what was changed in it."""
    for source in dict.fromkeys(edit.source for edit in case.fix.edits):
        text = _text(case.workspace, source)
        for line in text.text[:4_000].split("\n", _HEAD)[:_HEAD] if text is not None else ():
            if line.lstrip()[:1] in ("#", "/", ";", "*", "<", "-") and _MADE.fullmatch(line.strip()):
                return f"what is `{source}` made from? Its head says `{_brief(line)}`: change that, and make the file again"
    return ""


_RULES: tuple[Callable[[Case], str], ...] = (_limited, _said, _generated)
_OF_CLIENTS: tuple[Callable[[Fix, Finding, Workspace], str], ...] = (
    callers.inside,
    compose_clients.unpaired,
    compose_clients.halved,
    compose_clients.named_elsewhere,
    callers.unverified,
    callers.limited,
    callers.kubectl,
    callers.relayed,
    callers.silenced,
    callers.redirected,
    callers.crossed,
    compose_clients.swarmed,
    callers.tokenless,
    callers.profiled,
    callers.outward,
    *upgrades.RULES,
)
