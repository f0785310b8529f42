"""The stages of a build: what each is based on, and what its image is left with."""

from __future__ import annotations

import posixpath
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from batten.formats import SyntaxProblem, Unreadable, Workspace, dockerfile
from batten.formats.dockerfile import Instruction
from batten.formats.variables import expand
from batten.model import ABSENT, UNKNOWN, Context, Kind, Location, Setting, Span, Unknown
from batten.technologies.shared.containers import images

NOTHING: Mapping[str, str | None] = MappingProxyType({})
_REFERENCE = re.compile(r"[\w.:/@+-]+")


@dataclass(slots=True)
class Stage:
    """A FROM and what follows it. `base` is the stage it builds on, None when that is an image."""

    name: str
    start: Instruction
    reference: str | None  # None: a variable that nobody here sets
    base: Stage | None = None
    instructions: list[Instruction] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        last = self.instructions[-1] if self.instructions else self.start
        return Span(self.start.span.start, last.span.end)

    def lineage(self) -> Iterator[Stage]:
        """This stage and those it is built on, nearest first."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.base

    def last(self, keyword: str) -> Instruction | None:
        """The instruction of this kind that is in force at the end."""
        for stage in self.lineage():
            found = [i for i in stage.instructions if i.keyword == keyword]
            if found:
                return found[-1]
        return None


Given: TypeAlias = Mapping[str, str | None]  # arguments of a build; None for one whose value is not known


def stages(instructions: list[Instruction], escape: str = "\\", given: Given = NOTHING) -> list[Stage]:
    """The stages in file order, variables in FROM lines replaced; what a build is given is in the place of defaults."""
    arguments: dict[str, str] = {}
    found: list[Stage] = []
    named: dict[str, Stage] = {}  # the last of each name
    if not any(i.keyword == "FROM" for i in instructions):
        # A file that others include, as one stage on a base that is not known.
        if not instructions:
            return []
        start = instructions[0].span.start
        nothing = Span(start, start)
        stage = Stage("", Instruction("FROM", nothing, nothing, [], "", nothing, []), None)
        for instruction in instructions:
            _add(stage, instruction, {}, escape)
        return [stage]
    for instruction in instructions:
        if instruction.keyword == "FROM":
            words = [w.text for w in instruction.words]
            reference = expand(words[0], arguments, escape) if words else None
            if reference is not None and not _REFERENCE.fullmatch(reference):
                reference = None  # a template's placeholder
            stage_named = len(words) > 2 and words[1].upper() == "AS"
            base = named.get(reference.lower()) if reference else None
            values = dict(base.values) if base else {}
            found.append(
                Stage(words[2].lower() if stage_named else "", instruction, reference, base, values=values)
            )
            named[found[-1].name] = found[-1]
        elif not found:
            if instruction.keyword == "ARG":
                arguments.update(_assigned(instruction, arguments, escape))
                _replace(arguments, instruction, given)
        else:
            _add(found[-1], instruction, arguments, escape)
    return found


def _replace(arguments: dict[str, str], instruction: Instruction, given: Given) -> None:
    """Only what a Dockerfile declares is taken: https://docs.docker.com/reference/dockerfile/#arg."""
    for name, _, _ in assignments(instruction):
        value = given.get(name, "")
        if value is None:
            arguments.pop(name, None)
        elif name in given:
            arguments[name] = value


def _add(stage: Stage, instruction: Instruction, arguments: dict[str, str], escape: str) -> None:
    stage.instructions.append(instruction)
    if instruction.keyword == "ARG":
        inherited = {w.text: arguments[w.text] for w in instruction.words if w.text in arguments}
        stage.values.update({**inherited, **_assigned(instruction, stage.values, escape)})
    elif instruction.keyword == "ENV":
        stage.values.update(_assigned(instruction, stage.values, escape))


def assignments(instruction: Instruction) -> Iterator[tuple[str, str | None, Span]]:
    """Names and raw values of an ARG or ENV, with the place of each."""
    words = instruction.words
    if instruction.keyword == "ENV" and words and "=" not in words[0].text:
        rest = " ".join(w.text for w in words[1:])
        yield words[0].text, rest, Span(words[0].start, words[-1].end)
        return
    for word in words:
        name, sign, value = word.text.partition("=")
        yield name, value if sign else None, word.span


def _assigned(instruction: Instruction, values: dict[str, str], escape: str) -> dict[str, str]:
    found: dict[str, str] = {}
    known = ChainMap(found, values)
    for name, value, _ in assignments(instruction):
        expanded = expand(value, known, escape) if value is not None else None
        if expanded is not None:
            found[name] = expanded
    return found


def shipped_stage(found: list[Stage]) -> Stage:
    """The last stage, or the last that is not named for developers, who build theirs with --target."""
    return next((s for s in reversed(found) if context(s) is None), found[-1])


def context(stage: Stage) -> Context | None:
    """What a stage is for that is named for developers or tests; None for others, such as one that installs
    packages (`vendor`)."""
    words = stage.name.replace("_", "-").split("-")
    told = (Context.named(word) for word in words)
    return next((c for c in told if c not in (None, Context.VENDORED)), None)


def other_targets(found: list[Stage], shipped: Stage) -> Iterator[tuple[Stage, Context]]:
    """Stages that are built by name for developers or tests: no other stage is based on them."""
    bases = {id(s.base) for s in found}
    for stage in found:
        told = context(stage)
        if told is not None and stage is not shipped and id(stage) not in bases:
            yield stage, told


def final_stage(path: str, workspace: Workspace, target: str = "", given: Given = NOTHING) -> Stage | None:
    """The stage that is built: the one of this name, otherwise the last."""
    try:
        tree = workspace.document(path, dockerfile.parse).tree
    except (Unreadable, SyntaxProblem):
        return None  # its own reader reports it
    found = stages(tree, given=given)
    if target:
        return next((s for s in found if s.name == target.lower()), None)
    return found[-1] if found else None


def final_user(path: str, workspace: Workspace, target: str = "") -> str | None:
    """Whom the built image runs as: a name, or None when it is not known."""
    stage = final_stage(path, workspace, target)
    if stage is None:
        return None
    setting = user_setting(path, stage)
    return setting.known(None)


def final_health(path: str, workspace: Workspace, target: str = "") -> bool | None:
    stage = final_stage(path, workspace, target)
    if stage is None:
        return None
    return health_setting(path, stage).known(None)


def pointer(stage: Stage) -> str:
    return f"stage[{stage.name or 'final'}]"


def block(path: str, stage: Stage) -> Location:
    return Location(path, pointer(stage), stage.span, kind=Kind.BLOCK)


def user_setting(path: str, stage: Stage) -> Setting[str]:
    """USER in force at the end; ABSENT with what the base image runs as."""
    instruction = stage.last("USER")
    if instruction is None or not instruction.words:
        reference = list(stage.lineage())[-1].reference
        if reference is None:
            base_user: str | Unknown = UNKNOWN
        else:
            image = images.parse(reference)
            base_user = images.user(image) or (
                UNKNOWN if images.started_by_root(image) is False else images.ROOT
            )
        return Setting(ABSENT, block(path, stage), base_user)
    word = instruction.words[0]
    value = expand(word.text, stage.values)
    return Setting(UNKNOWN if value is None else value, Location(path, f"{pointer(stage)}/USER", word.span))


# Programs that start another one as a user who is not root; and supervisors and servers of mail whose masters are root's, and
# whose workers are not.
_DROPS = re.compile(
    r"(?<![\w-])(?:su-exec|gosu|setpriv|runuser|chpst|s6-setuidgid|setuidgid|start-stop-daemon|capsh)(?![\w-])"
    r"|(?<![\w-])su\s+(?:-\w*\s+)*(?:-c\s|[\w$][\w${}-]*\s+-)"
)
_MASTERS = re.compile(
    r"(?:^|[\s\"'/\[])(?:supervisord|postfix|dovecot|exim4?|rspamd|sshd|crond?|unbound|clamd|php-fpm\d*|apache2(?:-foreground|ctl)?|httpd(?:-foreground)?|nginx|haproxy|s6-svscan|init|runsvdir|svscan)(?=$|[\s\"',\]])"
)
_SCRIPT = re.compile(r"[\w.-]+\.(?:sh|bash)$|(?:^|/)[\w.-]*entry-?point[\w.-]*$")


def drops_root(stage: Stage, path: str = "", workspace: Workspace | None = None) -> bool:
    """Whether what starts as root answers as another user: the base does, or the command, or a script of the same folder that
    it starts, drops to one."""
    reference = list(stage.lineage())[-1].reference
    if reference is not None and images.started_by_root(images.parse(reference)) is None:
        return True
    return any(
        _DROPS.search(text) is not None or (masters and _MASTERS.search(text) is not None)
        for text, masters in _starting(stage, path, workspace)
    )


def _starting(stage: Stage, path: str, workspace: Workspace | None) -> Iterator[tuple[str, bool]]:
    """What starts the container: the commands of the last stage, and the scripts of the repository that they name."""
    folder = posixpath.dirname(path)
    for keyword in ("ENTRYPOINT", "CMD"):
        instruction = stage.last(keyword)
        if instruction is None:
            continue
        words = [word.text for word in instruction.words]
        yield " ".join(words), True
        for word in words if workspace is not None else ():
            name = posixpath.basename(word.strip("[]\"', "))
            if workspace is None or not _SCRIPT.search(name):
                continue
            for place in (folder, *(f"{folder}/{below}".lstrip("/") for below in _SCRIPTS)):
                script = f"{place}/{name}".lstrip("/")
                if workspace.exists(script):
                    yield workspace.text(script).text, False


_SCRIPTS = ("docker", "scripts", "bin", "rootfs", "root", "files", "build")


def health_setting(path: str, stage: Stage) -> Setting[bool]:
    instruction = stage.last("HEALTHCHECK")
    if instruction is None:
        reference = list(stage.lineage())[-1].reference
        official = reference is not None and images.parse(reference).official
        return Setting(ABSENT, block(path, stage), False if official else UNKNOWN)
    off = bool(instruction.words) and instruction.words[0].text.upper() == "NONE"
    return Setting(not off, Location(path, f"{pointer(stage)}/HEALTHCHECK", instruction.span))
