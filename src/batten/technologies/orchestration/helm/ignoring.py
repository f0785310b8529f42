"""What a chart leaves out: the lines of its .helmignore.

Source: https://helm.sh/docs/chart_template_guide/helm_ignore_file/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from batten.formats import Unreadable, Workspace
from batten.model.record import record
from batten.patterns import BadPattern, Pattern, compiled

_MOST = 200  # lines
_PART = re.compile(r"\*\*|\*|\?|\{[^{}]*\}|\[[^\]]*\]|\\?.")


@record
class _Rule:
    pattern: Pattern
    whole: bool  # it is held against the path, not against the last name
    folder: bool
    negated: bool

    def matches(self, path: str) -> bool:
        return self.pattern.fullmatch(path if self.whole else posixpath.basename(path)) is True


def expression(pattern: str) -> str:
    """A glob of Helm's as an expression: one star stays in a folder."""
    made = ""
    for part in _PART.findall(pattern[:500]):
        match part[0]:
            case "*":
                made += ".*" if part == "**" else "[^/]*"
            case "?":
                made += "[^/]"
            case "{" if len(part) > 1:
                made += "(?:" + "|".join(expression(p) for p in part[1:-1].split(",")) + ")"
            case "[" if len(part) > 2:
                made += "[" + part[1:-1].replace("\\", r"\\").replace("!", "^", 1) + "]"
            case _:
                made += re.escape(part.removeprefix("\\"))
    return made


def ignoring(folder: str, workspace: Workspace) -> Callable[[str], bool]:
    """Whether a file is left out, by its path below the chart's folder."""
    path = posixpath.join(folder, ".helmignore")
    try:
        lines = workspace.text(path).text.splitlines()[:_MOST] if workspace.exists(path) else []
        rules = [_rule(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    except (Unreadable, BadPattern):
        return lambda _: False
    return lambda below: any(_left_out(rules, *part) for part in _parts(below)) if rules else False


def _rule(line: str) -> _Rule:
    negated, line = line.startswith("!"), line.removeprefix("!")
    folder, line = line.endswith("/"), line.removesuffix("/")
    pattern = compiled(expression(line.removeprefix("/").replace("**", "*")))
    return _Rule(pattern, whole="/" in line, folder=folder, negated=negated)


def _parts(path: str) -> list[tuple[str, bool]]:
    """The folders that a file is in, and itself."""
    names = path.split("/")
    return [("/".join(names[: n + 1]), n + 1 < len(names)) for n in range(len(names))]


def _left_out(rules: list[_Rule], path: str, folder: bool) -> bool:
    for rule in rules:
        if rule.negated and ((rule.folder and not folder) or not rule.matches(path)):
            return True
        if not rule.negated and not (rule.folder and not folder) and rule.matches(path):
            return True
    return False
