"""Text from files and answers, made fit to show: it must not move the cursor, hide or break markup."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

# Control characters, the ones that reverse reading order or hide, surrogates, and what XML forbids.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


# What runners of pipelines take for commands in a log: `::error …::` at the start of a line, whatever white space is before it, and
# `##[error]` anywhere (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs); `##vso[…]` of Azure Pipelines
# (https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands) and `##teamcity[…]`
# (https://www.jetbrains.com/help/teamcity/service-messages.html).
_COMMAND = re.compile(r"^([^\S\n]*):(?=:[\w-]+(?: .*)?::)", re.MULTILINE)
_MARKED = re.compile(r"##(?=(?:vso|teamcity)?\[)", re.IGNORECASE)


def legible(text: str) -> str:
    """The text with each character that cannot be seen named instead: `\\x1b`, `\\u202e`; and without what a pipeline
    would take for a command."""
    shown = _UNFIT.sub(_named, text)
    if "::" in shown:
        shown = _COMMAND.sub(r"\1\\x3a", shown)
    return _MARKED.sub(r"#\\x23", shown) if "##" in shown else shown


def one_line(text: str) -> str:
    return legible(" ".join(text.split()))


def _named(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
