"""What a build does that weakens what it builds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from batten.facts import BuildStep, Secret
from batten.formats.dockerfile import Instruction
from batten.formats.document import Text
from batten.formats.variables import expand
from batten.formats.words import Word
from batten.model import Location, Setting, Span, Switch
from batten.technologies.orchestration.dockerfile import configured, downloads
from batten.technologies.orchestration.dockerfile.commands import Command, pipelines
from batten.technologies.orchestration.dockerfile.stages import Stage, assignments, pointer
from batten.technologies.orchestration.dockerfile.weaknesses import (
    Weakness,
    restored,
    unverified_downloads,
    weaknesses,
)
from batten.technologies.shared.secrets import commands as typed_commands
from batten.technologies.shared.secrets import credentials

_CLEAN = re.compile(
    r"/var/lib/apt(?:/lists)?|dist-?clean|/var/cache/(?:apk|dnf|yum|\*)|\bclean\s+(?:all|-a)\b"
)
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tar\.\w+|t?gz|bz2|xz|zst)$", re.IGNORECASE)
_HOST = re.compile(r"https?://(?:[^/\s@\"']*@)?([\w.-]+)")
_TRUSTED = re.compile(r"\[[^\]\n]*\btrusted=yes\b[^\]\n]*\](?!\s*file:)")
_SAYS_NONE = re.compile(
    r"dummy|(?<![a-z])(?:fake|unused|placeholder|ignored|not-?used|build-?time|for-?build)(?![a-z])",
    re.IGNORECASE,
)
_MOST = 100  # weaknesses told of one instruction
_LONGEST = 4000  # characters of a text that are looked at
_OPEN_MODE = re.compile(r"0?[0-7][0-7][2367]|0?[46][0-7]{3}")
_FILES = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:netrc|pypirc|git-credentials|pgpass|aws|ssh|kube|gnupg)|.*\.(?:kdbx|ppk)"
    r"|\.\w+_history|.*\.tfstate|\.env(?:\.(?:prod|production|local|staging))?"
    r"|(?!.*(?:public|pub|trust|gpg|repo|release|archive|\bca\b)).*\.(?:key|p12|pfx|keystore)|(?:.*[-_.])?(?:private|priv)[-_]?key\.pem|privkey\.pem"
)


_FOLDERS = (".aws", ".docker")


def steps(path: str, stage: Stage, shipped: bool, source: Text) -> Iterator[BuildStep]:
    """The weak steps of a stage; what it leaves behind only matters in a stage that is shipped."""
    for written in stage.instructions:
        instruction = written.trigger or written  # ONBUILD's runs in builds on this image
        for weakness, span in islice(_weaknesses(instruction, stage, shipped, source), _MOST):
            # The host that a step fetches from, which tells it from the stage's other steps of the kind.
            found = _HOST.search(source.text, span.start, min(span.end, span.start + _LONGEST))
            whence = f" {found[1]}" if found else ""
            name = f"{weakness.value}{whence}"
            at = Location(path, f"{pointer(stage)}/{instruction.keyword}[{name}]", span)
            yield BuildStep(at, weakness, instruction.keyword)
    # Steps that update package lists for later steps: while they are unchanged, the build cache keeps old lists, and
    # old packages with them. Source: https://docs.docker.com/build/building/best-practices/#apt-get
    runs = [i for i in stage.instructions if i.keyword == "RUN"]
    for number, stale_run in enumerate(runs):
        if not _INDEX.search(text := _whole(stale_run)) or _INSTALL.search(text):
            continue
        following = next((later for later in map(_whole, runs[number + 1 :]) if _INSTALL.search(later)), None)
        if following is not None and not _INDEX.search(following):
            run = stale_run
            at = Location(path, f"{pointer(stage)}/RUN[{Switch.STALE_INDEX.value}]", run.span)
            yield BuildStep(at, Switch.STALE_INDEX, run.keyword)


_INDEX = re.compile(r"(?:apt-get|apt|aptitude|apk)(?:\s+-\S+)*\s+update\b")
_INSTALL = re.compile(
    r"\b(?:apt-get|apt|aptitude|apk)(?:\s+-\S+)*\s+(?:install|add|upgrade|dist-upgrade|full-upgrade|build-dep)\b"
)


def _weaknesses(instruction: Instruction, stage: Stage, shipped: bool, source: Text) -> Iterator[Weakness]:
    match instruction.keyword:
        case "RUN":
            yield from _run(instruction, shipped, source)
        case "ADD" | "COPY":
            mode = instruction.flag("chmod")
            if shipped and mode is not None and mode.value and _OPEN_MODE.fullmatch(mode.value):
                yield (
                    Switch.SET_USER_ID if len(mode.value.lstrip("0")) == 4 else Switch.WORLD_WRITABLE,
                    mode.span,
                )
            if not instruction.heredocs:
                sources = instruction.words[:-1]
                if shipped and instruction.flag("from") is None:
                    yield from ((Switch.CREDENTIAL_FILE, w.span) for w in sources if _credential_file(w.text))
                if instruction.keyword == "ADD":
                    yield from _added(instruction, sources)
            for heredoc in instruction.heredocs:
                end = min(heredoc.span.end, heredoc.span.start + _LONGEST)
                for found in _TRUSTED.finditer(source.text, heredoc.span.start, end):
                    yield Switch.PACKAGE_UNVERIFIED, Span(*found.span())
                yield from configured.lines(source.text, heredoc.span.start, heredoc.span.end)
        case "ARG" | "ENV":
            for name, value, span in assignments(instruction):
                if value is not None and (downloads.of_builds if shipped else downloads.variable)(
                    name, value
                ):
                    yield Switch.PACKAGE_UNVERIFIED, span
                credential = credentials.password_name(name) or credentials.key_name(name)
                if not shipped or not credential:
                    continue
                given = instruction.keyword == "ARG" and not value
                passed = (
                    instruction.keyword == "ENV"
                    and value
                    and "$" in value
                    and expand(value, stage.values) is None
                )
                if given or passed:
                    yield Switch.SECRET_ARGUMENT, span


def _run(instruction: Instruction, shipped: bool, source: Text) -> Iterator[Weakness]:
    for flag in instruction.flags:
        if flag.name == "security" and flag.value == "insecure":
            yield Switch.PRIVILEGED_STEP, flag.span
        elif flag.name == "network" and flag.value == "host":
            yield Switch.HOST_NETWORK_STEP, flag.span
    commands: list[Command] = []
    found: list[Weakness] = []
    lines: dict[Weakness, None] = {}  # a script that is one word is read once for each of its commands
    for pipeline in pipelines(instruction, source):
        commands += pipeline
        found += weaknesses(pipeline)
        lines.update(dict.fromkeys(configured.printed(pipeline, source)))
    for heredoc in instruction.heredocs:
        lines.update(dict.fromkeys(configured.lines(source.text, heredoc.span.start, heredoc.span.end)))
    taken_back = set(restored(commands))
    yield from (one for one in found if one not in taken_back)
    yield from lines
    yield from unverified_downloads(commands, _whole(instruction))
    cached = any(f.name == "mount" and "cache" in (f.value or "") for f in instruction.flags)
    if shipped and not cached:
        yield from _left(instruction, commands)


def _whole(instruction: Instruction) -> str:
    return "\n".join((instruction.value, *(h.text for h in instruction.heredocs)))


_DEBIAN = ("apt", "apt-get")


def _left(instruction: Instruction, commands: list[Command]) -> Iterator[Weakness]:
    """Package lists and caches that stay in the layer."""
    if _CLEAN.search(_whole(instruction)):
        return
    fetched = any(w.text == "update" for c in commands if c.program in _DEBIAN for w in c.options)
    for command in commands:
        words = [w.text for w in command.options]
        if command.program in _DEBIAN and "install" in words and not fetched:
            continue  # of lists that another layer has, which deleting them here leaves there
        if command.program in ("apt", "apt-get", "dnf", "yum", "microdnf") and "install" in words:
            yield Switch.PACKAGE_CACHE, instruction.span
            return
        if command.program == "apk" and "add" in words and "--no-cache" not in words:
            yield Switch.PACKAGE_CACHE, command.options[words.index("add")].span


def _credential_file(path: str) -> bool:
    folder, _, name = path.rstrip("/").rpartition("/")
    return _FILES.fullmatch(name) is not None or (
        name in ("credentials", "config.json") and folder.endswith(_FOLDERS)
    )


def _added(instruction: Instruction, sources: list[Word]) -> Iterator[Weakness]:
    remote = [w for w in sources if "://" in w.text or w.text.startswith("git@")]
    unchecked = [w for w in remote if not re.search(r"\.git(?:#|$)", w.text)]
    if unchecked and instruction.flag("checksum") is None:
        yield Switch.ADD_URL, unchecked[0].span
    if (
        sources
        and not remote
        and not any(_ARCHIVE.search(w.text) or set("*?[$") & set(w.text) for w in sources)
    ):
        yield Switch.ADD_LOCAL, instruction.span


def secrets(path: str, stage: Stage) -> Iterator[Secret]:
    """Credentials given to a build are in its history for everyone who can pull the image."""
    for written in stage.instructions:
        instruction = written.trigger or written
        keyword = instruction.keyword
        if keyword in ("ARG", "ENV", "LABEL"):
            for name, value, span in assignments(instruction):
                expanded = expand(value, {}) if value else None
                held = credentials.found(name, expanded) if expanded else None
                if held is not None:
                    at = Location(path, f"{pointer(stage)}/{keyword}[{name}]", span)
                    yield credentials.secret(at, name, held, "image")
        elif keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            yield from _typed_in(path, stage, instruction)


def _typed_in(path: str, stage: Stage, instruction: Instruction) -> Iterator[Secret]:
    """The first credential in a command, at the instruction that holds it."""
    words = " ".join(w.text for w in instruction.words)
    for line in (
        words if instruction.exec_form else instruction.value,
        *(line for h in instruction.heredocs for line in h.text.splitlines()),
    ):
        found = next((t for t in typed_commands.typed(line[:_LONGEST]) if _meant(t, line)), None)
        if found is not None:
            at = Location(path, f"{pointer(stage)}/{instruction.keyword}[{found.name}]", instruction.span)
            yield Secret(at, name=instruction.keyword, value=Setting(found.kind, at), place="image")
            return


def _meant(found: typed_commands.Typed, line: str) -> bool:
    """Whether the value is written out: `$(cat /run/secrets/…)` and `${TOKEN}` are not; nor is a value that calls itself a dummy
    (`SECRET_KEY=build-time-dummy manage.py collectstatic`), which ends with the command."""
    value = line[found.span.start : found.span.end]
    return ("$" not in value and _SAYS_NONE.search(value) is None) or credentials.token(line) is not None


def chosen(span: Span, instructions: list[Instruction]) -> Instruction | None:
    """The instruction that a location covers."""
    at = bisect_right(instructions, span.start, key=lambda i: i.span.start)
    found = instructions[at - 1] if at else None
    return found if found is not None and span.end <= found.span.end else None
