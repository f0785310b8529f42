"""Package lists and caches kept out of a layer."""

from __future__ import annotations

import re

from batten.formats import Document
from batten.formats.dockerfile import Instruction
from batten.model import Edit, Fix, Location, Safety, Span

_CLEANERS = (
    (re.compile(r"\bapt(?:-get)?\b"), "rm -rf /var/lib/apt/lists/*"),
    (re.compile(r"\bmicrodnf\b"), "microdnf clean all"),
    (re.compile(r"\bdnf\b"), "dnf clean all"),
    (re.compile(r"\byum\b"), "yum clean all"),
)


def removed(document: Document[list[Instruction]], instruction: Instruction, at: Location) -> Fix | None:
    span = at.span or Span(0, 0)
    if document.text[span.start : span.end] == "add":
        return Fix("remove the package index", (Edit(at.source, span, "add --no-cache"),))
    cleaner = next((c for pattern, c in _CLEANERS if pattern.search(instruction.value)), "")
    if instruction.exec_form or instruction.heredocs or not cleaner:
        return None
    end = Span(instruction.span.end, instruction.span.end)
    breaks = "later steps that install packages without `apt-get update`"
    return Fix(
        "remove the package lists",
        (Edit(at.source, end, f" && {cleaner}"),),
        safety=Safety.RISKY,
        breaks=breaks,
    )
