"""Whether a script of a workflow uses the token that checkout leaves in the working copy: whether it talks to the remote repository.

Only git reads that token, from .git/config, and only for its own remote repository. A script is known where each of its commands is a
program of `programs.py`, or runs a file, target or script of the repository whose text holds no command that pushes or releases.

Sources: https://github.com/actions/checkout (`persist-credentials`), https://docs.npmjs.com/cli/using-npm/scripts,
https://www.gnu.org/software/make/manual/html_node/Rules.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum

from batten.formats import Unreadable, Workspace
from batten.technologies.pipelines.github_actions import programs
from batten.technologies.pipelines.github_actions.builds import (
    expanded,
    mentioned,
    packages,
    rules,
    scripts,
    variables,
)
from batten.technologies.pipelines.github_actions.scripts import commands, functions, program
from batten.technologies.shared.pipelines import executed
from batten.technologies.shared.text.shell import SHELLS


class Use(Enum):
    """How a script talks to the remote repository with git."""

    READS = "reads"
    PUSHES = "pushes"
    UNKNOWN = "unknown"


Uses = frozenset[Use]
NOTHING: Uses = frozenset()
UNKNOWN: Uses = frozenset((Use.UNKNOWN,))
_MOST_FILES = 60  # that one script leads to
_MOST_CHARACTERS = 200_000
_VARIES = re.compile(r"[$*?`]|EXPRESSION|SUBSTITUTED")
_INLINE_CODE = re.compile(r"\b(?:python3?|node|ruby|perl|php)[ \t]+-(?:c|e|p|r|-eval)?(?=\s)")
_CODE = re.compile(r"\.(?:py|[cm]?[jt]sx?|rb|php|pl|ps1|lua|go|exs?|R|(?:ba|z)?sh)$")
_RELATIVE = re.compile(r"(?:require\(|from|import\(?)\s*[\"'](\.[^\"'\n]*)[\"']")
_ENDINGS = (".js", ".ts", ".mjs", ".cjs", ".json", ".tsx", ".jsx")
_IMPORTED = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\.|\w+)", re.MULTILINE)
_WORKSPACES = re.compile(r"-r|--recursive|-w|-F|--filter(?:=.*)?|--workspaces?(?:=.*)?|workspaces?|-ws|--all")
_ELSEWHERE = frozenset(("-C", "--prefix", "--cwd", "--dir"))
_MANAGE = frozenset(
    [
        "test",
        "check",
        "migrate",
        "makemigrations",
        "collectstatic",
        "compilemessages",
        "makemessages",
        "showmigrations",
        "loaddata",
    ]
)


def uses(script: str, folder: str | None, workspace: Workspace) -> Uses:
    """How a script that runs in a folder of the repository talks to the remote; `folder` is None where it is not known."""
    return frozenset(_Walk(workspace).script(script, folder))


class _Walk:
    """A walk through what a script runs, each file once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: set[tuple[str, ...]] = set()
        self._by_name: Mapping[str, Callable[[str, list[str], str | None], Uses]] = {
            **dict.fromkeys((*SHELLS, "source", "."), self._shell),
            **dict.fromkeys(
                ("python", "python3", "node", "ruby", "php", "tsx", "ts-node"), self._interpreter
            ),
            **dict.fromkeys(("make", "gmake"), self._make),
            "tox": self._tox,
            **dict.fromkeys(programs.MANAGERS, self._manager),
            **dict.fromkeys(("npx", "bunx", "pnpx"), _bin),
            **dict.fromkeys(("mvn", "mvnw", "gradle", "gradlew"), _builds),
            **dict.fromkeys(("docker", "podman"), _containers),
            "git": git,
            "gh": _gh,
            "find": self._find,
            "composer": self._composer,
        }

    def script(self, text: str, folder: str | None) -> Uses:
        """Of a step's own script, of which every command is to be known."""
        found = commands(text)
        if found is None or (_INLINE_CODE.search(text) and programs.INLINE.search(text)):
            return UNKNOWN
        own = functions(text)
        moved = re.search(r"\([ \t]*cd\b|\bpopd\b|\bcd[ \t]+-", text) is not None
        used: set[Use] = {Use.PUSHES} if programs.PUSHES.search(text) else set()
        for words in map(program, found):
            if words[:1] in (["cd"], ["pushd"]):
                folder = None if moved else _inside(folder, words[1] if len(words) > 1 else "")
            elif words and words[0] not in own:
                used |= self._command(words, folder)
        return frozenset(used)

    def _command(self, words: list[str], folder: str | None, followed: bool = False) -> Uses:
        """Of a simple command. A text that is `followed` was searched for words that push, so there a program without a row is one that
        does not, as long as no file of the repository is its argument."""
        name, rest = words[0].rpartition("/")[2], words[1:]
        first = next((w for w in rest if not w.startswith("-")), "")
        if first and first in programs.RUNNERS.get(name, ()):
            inner = program(rest[rest.index(first) + 1 :])
            return (
                self._command(inner, folder, followed) if inner and not inner[0].startswith("-") else UNKNOWN
            )
        by_name = self._by_name.get(name)
        if by_name is _bin and followed and not any(_CODE.search(w) for w in rest):
            return NOTHING
        if by_name is not None:
            return by_name(name, rest, folder)
        if "/" in words[0]:
            return self._path(words, folder)
        if name in programs.HARMLESS or first in programs.SUBCOMMANDS.get(name, ()):
            return NOTHING
        if not followed or name in programs.TASKS or name in programs.SUBCOMMANDS:
            return UNKNOWN
        files = [w for w in rest if _CODE.search(w) and name not in programs.NPX]
        return frozenset().union(*(self._file(w, folder) for w in files))

    def _path(self, words: list[str], folder: str | None) -> Uses:
        folders, _, name = words[0].rpartition("/")
        known = name in programs.HARMLESS or name in programs.NPX
        if re.fullmatch(
            r"(?:.*/)?(?:node_modules/\.bin|vendor/bin)|/(?:usr/)?(?:local/)?s?bin|(?:\./)?\.?venv/bin",
            folders,
        ):
            return NOTHING if known else UNKNOWN
        path = _inside(folder, words[0])
        if known and path is not None and not self._workspace.exists(path):
            return NOTHING  # a tool that an earlier command put there
        return self._file(words[0], folder)

    def _file(self, named: str, folder: str | None) -> Uses:
        """What a script of the repository does."""
        path = _inside(folder, named)
        if path is None or not self._workspace.exists(path):
            return UNKNOWN
        if not self._new("file", path):
            return NOTHING
        text = self._text(path)
        if text is None:
            return UNKNOWN
        if (_CODE.search(path) and not path.endswith("sh")) or not re.match(r"#!.*sh\b|(?!#!)", text):
            # A program of the repository: known where neither it nor a file that it imports starts another.
            if programs.STARTS.search(text):
                return UNKNOWN
            used = set(_text_uses(text))
            for other in self._imported(text, posixpath.dirname(path)):
                used |= UNKNOWN if other is None else self._file(other, "")
            return frozenset(used)
        return self._followed(text, folder)

    def _imported(self, text: str, beside: str) -> Iterator[str | None]:
        """The files of the repository that a program imports; None for one that is not found."""
        for found in _RELATIVE.finditer(text):
            path = _inside(beside, found[1])
            tries = [f"{path}{e}" for e in ("", *_ENDINGS, *(f"/index{e}" for e in _ENDINGS))]
            known = next((t for t in tries if path and self._workspace.exists(t)), None)
            if known is None or not known.endswith((".json", ".css")):
                yield known
        for found in _IMPORTED.finditer(text):
            name = found[1]
            folder = posixpath.join(beside, name)
            if name == "." or self._workspace.is_directory(folder):
                yield None
            elif self._workspace.exists(f"{folder}.py"):
                yield f"{folder}.py"

    def _followed(self, text: str, folder: str | None) -> Uses:
        """What a text of the repository's own does that a shell runs: programs without a row are looked for words that push."""
        used = set(_text_uses(executed(text)))
        found = commands(text)
        if found is None:
            return UNKNOWN
        own = functions(text)
        for words in map(program, found):
            name = words[0].rpartition("/")[2] if words else ""
            if words[:1] == ["cd"]:
                folder = None
            elif words and words[0] not in own and name != "git":
                used |= self._command(words, folder, followed=True)
        return frozenset(used)

    def _new(self, *key: str) -> bool:
        """Whether it was not followed yet; beyond the most files nothing is known."""
        seen = key in self._seen
        self._seen.add(key)
        return not seen

    def _text(self, path: str) -> str | None:
        if len(self._seen) > _MOST_FILES:
            return None
        try:
            text = self._workspace.text(path).text
        except Unreadable:
            return None
        return text if len(text) <= _MOST_CHARACTERS else None

    def _shell(self, name: str, rest: list[str], folder: str | None) -> Uses:
        files = [w for w in rest if not w.startswith(("-", "+", "<"))]
        inline = any(re.fullmatch(r"-[a-z]*c[a-z]*", w) for w in rest)
        return self._file(files[0], folder) if files and not inline else UNKNOWN

    def _interpreter(self, name: str, rest: list[str], folder: str | None) -> Uses:
        if name.startswith("python") and rest[:1] == ["-m"] and len(rest) > 1:
            return NOTHING if rest[1] in programs.PYTHON_MODULES else UNKNOWN
        if not rest or rest[0] in ("--version", "-V", "-v", "-c", "-e", "-p", "-r", "-", "-i"):
            return NOTHING  # what is inline is searched with the whole script
        if name.startswith("python") and posixpath.basename(rest[0]) == "manage.py" and len(rest) > 1:
            return NOTHING if rest[1] in _MANAGE else UNKNOWN
        return self._file(rest[0], folder) if not rest[0].startswith("-") else UNKNOWN

    def _find(self, name: str, rest: list[str], folder: str | None) -> Uses:
        started = next((i for i, w in enumerate(rest) if w in ("-exec", "-execdir", "-ok", "-okdir")), None)
        inner = program(rest[started + 1 :]) if started is not None else ["true"]
        return self._command(inner, folder) if inner else UNKNOWN

    def _tox(self, name: str, rest: list[str], folder: str | None) -> Uses:
        path = _inside(folder, "tox.ini")
        text = self._text(path) if path is not None and self._workspace.exists(path) else None
        return UNKNOWN if text is None or re.search(r"\w\.(?:sh|py|js)\b|\brun\b", text) else _text_uses(text)

    def _make(self, name: str, rest: list[str], folder: str | None) -> Uses:
        wanted: list[str] = []
        left = list(rest)
        while left:
            word = left.pop(0)
            if word in ("-C", "--directory") and left:
                folder = _inside(folder, left.pop(0))
            elif word.startswith(("-f", "--file", "--makefile", "-I", "-C", "--directory")):
                return UNKNOWN
            elif (
                not word.startswith("-") and "=" not in word and not word.isdigit() and word not in (">", "<")
            ):
                wanted.append(word)
        names = (_inside(folder, n) for n in ("GNUmakefile", "makefile", "Makefile"))
        path = next((n for n in names if n is not None and self._workspace.exists(n)), None)
        text = self._text(path) if path is not None else None
        if path is None or text is None or any(_VARIES.search(w) for w in wanted):
            return UNKNOWN
        used: set[Use] = set()
        for always in re.findall(r"\$\(shell ([^\n]*)|!=([^\n]*)", text):
            used |= self._followed("".join(always).rpartition(")")[0] or always[1], folder)
        for recipe in self._recipes(path, text, wanted):
            macro = recipe is None or re.search(r"\$[({](?:call|eval|foreach)\b", recipe) is not None
            used |= UNKNOWN if recipe is None or macro else self._followed(recipe, folder)
        return frozenset(used)

    def _recipes(self, path: str, text: str, wanted: list[str]) -> Iterator[str | None]:
        """What the targets run, and those that they need; None where a rule or another file decides that."""
        values = variables(text)
        known_rules = rules(text)
        if re.search(r"^[ \t]*-?s?include[ \t]", text, re.MULTILINE) or not known_rules:
            yield None
            return
        waiting = wanted or [next(iter(known_rules))]
        while waiting:
            target = waiting.pop()
            if not self._new("make", path, target):
                continue
            known = known_rules.get(target)
            if known is None:
                yield NOTHING_TO_DO if wanted and target not in wanted else None
                continue
            needs, recipe = known
            waiting += needs
            if any(_VARIES.search(n) or "%" in n for n in needs):
                yield None
            yield expanded(recipe, values)

    def _manager(self, name: str, rest: list[str], folder: str | None) -> Uses:
        words = [w for w in rest if not w.startswith("-")]
        if not _ELSEWHERE.isdisjoint(rest):
            return UNKNOWN
        everywhere = name in ("turbo", "lerna", "nx") or any(_WORKSPACES.fullmatch(w) for w in rest)
        if everywhere:
            # A script of every package of a workspace.
            everywhere_words = [w for w in words if not _WORKSPACES.fullmatch(w)]
            left = [w for w in everywhere_words if w not in ("run", "run-many", "exec", "foreach")]
            if folder is None or not left or "exec" in everywhere_words:
                return UNKNOWN
            found = self._packages(folder)
            used: set[Use] = set()
            for package in found:
                used |= self._npm(left, package, missing=NOTHING)
            return frozenset(used) if found else UNKNOWN
        first = words[0] if words else ""
        if first in programs.INSTALLS or (name == "yarn" and not words):
            return self._installed(folder)
        if first in ("run", "run-script"):
            return self._npm(words[1:2], folder)
        if first in ("test", "t", "start", "stop"):
            return self._npm(("test" if first == "t" else first,), folder)
        if first in programs.MANAGED:
            return NOTHING
        if name == "npm" or first in ("publish", "version"):
            return UNKNOWN
        return self._npm((first,), folder, missing=NOTHING if first in programs.NPX else UNKNOWN)

    def _installed(self, folder: str | None) -> Uses:
        """What an installation runs: scripts of the package, and of the packages of its workspace."""
        steps = ("preinstall", "install", "postinstall", "prepare")
        path = _inside(folder, "package.json")
        text = self._text(path) if path is not None and self._workspace.exists(path) else None
        shared = _inside(folder, "pnpm-workspace.yaml")
        if text is None or shared is None:
            return UNKNOWN
        used = self._npm(steps, folder, missing=NOTHING)
        if '"workspaces"' in text or self._workspace.exists(shared):
            used |= frozenset().union(
                *(self._npm((s,), f, NOTHING) for f in self._packages(folder) for s in steps)
            )
        return used

    def _packages(self, folder: str | None) -> tuple[str, ...]:
        if folder is None:
            return ()
        return self._workspace.once((__name__, folder), lambda: tuple(packages(self._workspace, folder)))

    def _composer(self, name: str, rest: list[str], folder: str | None) -> Uses:
        """Its installation runs scripts of composer.json."""
        first = next((w for w in rest if not w.startswith("-")), "")
        path = _inside(folder, "composer.json")
        text = self._text(path) if path is not None and self._workspace.exists(path) else ""
        pushes = text is None or programs.PUSHES.search(text) is not None
        return UNKNOWN if pushes or first not in programs.SUBCOMMANDS["composer"] else NOTHING

    def _npm(self, names: Iterable[str], folder: str | None, missing: Uses = UNKNOWN) -> Uses:
        """Scripts of a package, with those that run before and after them."""
        path = _inside(folder, "package.json")
        text = self._text(path) if path is not None and self._workspace.exists(path) else None
        known = scripts(text) if text is not None else None
        if path is None or known is None:
            return UNKNOWN
        used: set[Use] = set()
        waiting = list(names)
        for name in waiting:
            used |= NOTHING if name in known else missing
        waiting += [f"{when}{name}" for name in waiting for when in ("pre", "post")]
        while waiting:
            name = waiting.pop()
            if name in known and self._new("npm", path, name):
                used |= self._followed(known[name], folder)
                waiting += mentioned(known[name], known)
        return frozenset(used)


NOTHING_TO_DO = ""  # a prerequisite that is a file


def _inside(folder: str | None, named: str) -> str | None:
    """A path of the repository; None where a variable decides, or it is elsewhere."""
    if folder is None or not named or _VARIES.search(named) or named.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(folder, named))
    return None if path.startswith("../") or path == ".." else "" if path == "." else path


def _text_uses(text: str) -> Uses:
    """What words of a text that is run show."""
    used: set[Use] = set()
    if programs.PUSHES.search(text):
        used.add(Use.PUSHES)
    if programs.READS.search(text):
        used.add(Use.READS)
    if programs.RELEASES.search(text):
        used.add(Use.UNKNOWN)
    return frozenset(used)


def git(name: str, rest: list[str], folder: str | None) -> Uses:
    left = list(rest)
    while left and left[0].startswith("-") and left[0] != "--version":
        left = left[2 if left[0] in ("-C", "-c", "--git-dir", "--work-tree") else 1 :]
    verb = left[0] if left else "status"
    if verb == "push":
        return frozenset((Use.PUSHES,))
    if verb in programs.GIT_READS:
        return (
            UNKNOWN
            if verb in ("submodule", "lfs") and {"foreach", "push"} & set(left)
            else frozenset((Use.READS,))
        )
    aliased = verb == "config" and any(w.startswith("alias.") for w in left)
    return NOTHING if verb in programs.GIT_LOCAL and not aliased else UNKNOWN


def _gh(name: str, rest: list[str], folder: str | None) -> Uses:
    """GitHub's own client has a token of its own (GH_TOKEN), and starts git for some commands."""
    return frozenset((Use.READS,)) if rest[:2] == ["pr", "checkout"] or rest[:1] == ["repo"] else NOTHING


def _bin(name: str, rest: list[str], folder: str | None) -> Uses:
    first = next((w for w in rest if not w.startswith("-")), "")
    bare = first if first.startswith("@") and first.count("@") == 1 else first.rpartition("@")[0] or first
    return NOTHING if bare in programs.NPX else UNKNOWN


def _builds(name: str, rest: list[str], folder: str | None) -> Uses:
    """Goals and tasks of Maven and Gradle: plug-ins that push have names of their own."""
    return (
        UNKNOWN
        if re.search(
            r"release|publish|deploy|scm|site|exec|upload|tag|run",
            " ".join(w for w in rest if not w.startswith(("-D", "-P"))),
            re.IGNORECASE,
        )
        else NOTHING
    )


def _containers(name: str, rest: list[str], folder: str | None) -> Uses:
    first = next((w for w in rest if not w.startswith("-")), "")
    if first == "run":
        mounted = any(re.match(r"-v|--volume|--mount", w) for w in rest)
        return UNKNOWN if mounted else NOTHING
    return NOTHING if first in programs.SUBCOMMANDS[name] else UNKNOWN
