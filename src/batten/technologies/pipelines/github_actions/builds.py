"""What Makefiles and package.json run, by target and by script.

Sources: https://www.gnu.org/software/make/manual/html_node/Rules.html, https://docs.npmjs.com/cli/using-npm/scripts
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from batten.formats import Workspace

_RUNS = re.compile(
    r"\b(?:npm|yarn|pnpm|bun|run-s|run-p|npm-run-all2?|concurrently|wsrun|turbo|lerna|nx|wireit)\b"
)
_RULE = re.compile(
    r"(?P<names>[^\s#:=$][^:=#$\n]*?)[ \t]*::?(?!=)(?P<needs>[^\n#;=]*)(?:;(?P<recipe>[^\n]*))?"
)
_VARIABLE = re.compile(r"^(?:export[ \t]+)?(\w+)[ \t]*(?:[:?]|::)?=[ \t]*([^\n#]*)$", re.MULTILINE)


def variables(text: str) -> dict[str, str]:
    """The variables of a Makefile, as they are written."""
    return {f[1]: f[2].strip() for f in _VARIABLE.finditer(text)}


def rules(text: str) -> dict[str, tuple[list[str], str]]:
    """The targets of a Makefile: what each needs, and its recipe."""
    rules: dict[str, tuple[list[str], str]] = {}
    current: list[str] = []
    for line in text.replace("\\\n", " ").split("\n"):
        if line.startswith("\t"):
            for name in current:
                rules[name] = (rules[name][0], rules[name][1] + line[1:].lstrip("@-+") + "\n")
            continue
        rule = _RULE.fullmatch(line.rstrip())
        if rule is None:
            current = current if not line.strip() or line.startswith("#") else []
            continue
        current = [n for n in rule["names"].split() if not n.startswith(".")]
        for name in current:
            needs, recipe = rules.get(name, ([], ""))
            rules[name] = (needs + rule["needs"].replace("|", " ").split(), recipe + (rule["recipe"] or ""))
    return rules


def expanded(recipe: str, values: Mapping[str, str]) -> str:
    """A recipe with the variables of its Makefile in place, as a shell gets it."""
    text = re.sub(r"\$[({]MAKE[)}]", "make", recipe)
    for _ in range(3):
        text = re.sub(r"\$[({](\w+)[)}]", lambda f: values.get(f[1], "VARIABLE"), text)
    return text.replace("$$", "$")


def scripts(text: str) -> dict[str, str] | None:
    """The scripts of a package.json; None where it is not understood."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    scripts = found.get("scripts", {}) if isinstance(found, dict) else None
    return {k: v for k, v in scripts.items() if isinstance(v, str)} if isinstance(scripts, dict) else None


def mentioned(text: str, scripts: Mapping[str, str]) -> Iterator[str]:
    """The scripts that a script runs by their names, with `*` in their names, too."""
    if not _RUNS.search(text):
        return
    words = set(re.findall(r"[\w:.*-]+", text))
    stems = tuple(w.rstrip("*") for w in words if re.fullmatch(r"[\w.-]+:[\w:.-]*\*+", w))
    for name in scripts:
        if name in words or (stems and name.startswith(stems)):
            yield name
            yield from (f"pre{name}", f"post{name}")


def packages(workspace: Workspace, folder: str) -> Iterator[str]:
    """The folders with a package.json, to two folders below."""
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        if workspace.exists(posixpath.join(here, "package.json")):
            yield here
        for path in workspace.entries(here) if depth < 2 else ():
            name = posixpath.basename(path)
            if name != "node_modules" and not name.startswith(".") and workspace.is_directory(path):
                waiting.append((path, depth + 1))
