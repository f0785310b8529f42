"""The fixes of many findings, worked out file by file."""

from __future__ import annotations

from collections.abc import Iterable

from batten.model import Finding


def work_out(findings: Iterable[Finding], edits: bool = True) -> None:
    """Have each finding know its fix; without `edits`, what an earlier run said of it is enough.

    Findings are ordered by severity: asked in that order, a file's tree would be dropped before its next finding.
    """
    for finding in sorted(findings, key=lambda f: (f.technology, f.at.source)):
        _ = finding.fix if edits else finding.proposal
