"""What a fuzzed file may come to, and what not. Imported by tools/fuzz.py under coverage guidance."""

from __future__ import annotations

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.policy import Policy
from batten.technologies import Technology, technologies

FIXES = 5  # of the findings of one file, worked out
POLICY = Policy(secrets={"cache": "CACHE_PASSWORD"}, origins=("https://shop.example.com",))


class Defect(Exception):
    """Something that must not happen whatever the file says."""


def tried(technology: Technology, text: str) -> None:
    """Review one text as a file of a technology. Raises Defect."""
    workspace = Workspace("/nonexistent", {technology.example: text})
    result = review(workspace, POLICY)
    for problem in result.problems:
        if "internal error" in problem.hint or problem.stage == "judge":
            raise Defect(f"{problem.source}: {problem.message}")
    for finding in result.findings[:FIXES]:
        fix = finding.fix
        if fix is not None and "internal error" in fix.question:
            raise Defect(f"{finding.control}: {fix.question}")
        if fix is not None and fix.edits and all(e.source == technology.example for e in fix.edits):
            _parses(workspace, apply(text, fix.edits), technology, finding.control)


def _parses(workspace: Workspace, text: str, technology: Technology, control: str) -> None:
    """A file that was read must be readable after a fix, too."""
    after = review(workspace.with_overlay({technology.example: text}), POLICY, fixes=False)
    before = {p.message for p in review(workspace, POLICY, fixes=False).problems}
    broken = [p for p in after.problems if p.stage == "parse" and p.message not in before]
    if broken:
        raise Defect(f"the fix of {control} does not parse: {broken[0].message}")


def target(name: str, data: bytes) -> None:
    """One input, as a file of the technology. Raises Defect."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return  # every reader refuses it alike, before it is asked
    tried(technologies()[name], text)
