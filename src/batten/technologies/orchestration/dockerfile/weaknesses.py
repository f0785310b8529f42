"""Commands that fetch without a look, switch verification off, or hand out rights.

Sources: the manuals of the programs that are named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from batten.formats.words import Word
from batten.model import Span, Switch
from batten.technologies.orchestration.dockerfile import downloads
from batten.technologies.orchestration.dockerfile.commands import Command
from batten.technologies.shared.text.shell import PRINTERS, SHELLS

Weakness = tuple[Switch, Span]

_FETCHERS = frozenset(("curl", "wget"))
_INTERPRETER = re.compile(r"python[\d.]*|perl|ruby|node|php\d*")
_GIVEN = re.compile(
    r"-[a-zA-Z]*[cmepr].*|--(?:eval|print|version)\b.*"
)  # the program comes from the command line, not the pipe
_FETCHED = re.compile(r"(?:\$\(|`|<\()\s*(?:sudo\s+)?(?:curl|wget)\b")
_POWERSHELL = re.compile(
    r"\b(?:iex|invoke-expression)\b.*(?:\biwr\b|\birm\b|invoke-webrequest|invoke-restmethod|downloadstring)"
    r"|(?:\biwr\b|\birm\b|invoke-webrequest|invoke-restmethod|downloadstring).*\|\s*(?:iex|invoke-expression)\b",
    re.IGNORECASE,
)
_TRUSTED = re.compile(
    r"\[[^\]]*\btrusted=yes\b[^\]]*\](?!\s*file:)"
)  # what lies there was made by the build itself
_CHECKED = re.compile(
    r"\b(?:sha(?:1|224|256|384|512)?sum|md5sum|b2sum|b3sum|rhash|minisign|signify|gpgv2?|cosign|sha256|Get-FileHash)\b"
    r"|\bgpg2?\b.*--verify|\bopenssl\s+dgst|--checksum|\bapt-key\b.*\bfinger|\brpmkeys\s+--checksig|\bsha256\s*=|\bhash_file\s*\(|\bhashlib\b"
    r"|\[\[?\s[^\]]{0,200}(?:HASH|SUM|DIGEST|SHA\d*|SIG)\w*\}?\"?'?\s*(?:!=|==?)[^\]]{1,200}\]",
    re.DOTALL,
)
_LONGEST = 4000  # characters that are looked at
SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # folders that every program may write to
_WORLD = re.compile(r"0?[0-7][0-7][2367]|(?:[ugo]*[ao][ugo]*|ugo)\+[rwxXt]*w[rwxXt]*")
_SET_USER = re.compile(r"0?[46][0-7]{3}|[ugoa]*[ua]?[ugoa]*\+[rwxX]*s[rwxX]*")

_CURL_FILE, _WGET_FILE = re.compile(r"-[a-zA-Z]*o|--output"), re.compile(r"-[a-zA-Z]*O|--output-document")


def weaknesses(pipeline: Sequence[Command]) -> Iterator[Weakness]:
    whole = Span(pipeline[0].span.start, pipeline[-1].span.end)
    fetches = next((n for n, c in enumerate(pipeline) if c.program in _FETCHERS), None)
    piped = fetches is not None and any(_runs_input(c) for c in pipeline[fetches + 1 :])
    inside = any(_runs_fetched(c) for c in pipeline)
    if piped or inside or _POWERSHELL.search(" | ".join(c.text for c in pipeline)[:_LONGEST]):
        yield Switch.REMOTE_SCRIPT, whole
    for command in pipeline:
        if command.sudo:
            yield Switch.SUDO, Span(command.sudo[0].start, command.sudo[-1].end)
        yield from ((Switch.PACKAGE_UNVERIFIED, span) for span in _unverified(command))
        yield from _modes(command)
        if command.program == "passwd" and any(w.text in ("-d", "--delete") for w in command.options):
            yield Switch.ROOT_ACCESS, command.span


def _runs_input(command: Command) -> bool:
    """Whether the program takes what it is piped for a program."""
    first = next((w.text for w in command.options if w.text != "-"), "")
    if command.program in SHELLS:
        return not any(re.fullmatch(r"-[a-z]*c", w.text) for w in command.options)
    return _INTERPRETER.fullmatch(command.program) is not None and (
        not first or (first.startswith("-") and _GIVEN.fullmatch(first) is None)
    )


def _runs_fetched(command: Command) -> bool:
    """`sh -c "$(curl …)"`, `eval "$(curl …)"`, `bash <(curl …)`, `. <(curl …)`."""
    if command.program not in SHELLS | {"eval", "source", "."}:
        return False
    return _FETCHED.match(" ".join(w.text for w in command.options if not w.text.startswith("-"))) is not None


def _unverified(command: Command) -> Iterator[Span]:
    yield from (w.span for w in command.assigned if downloads.variable(*_pair(w)))
    if command.program == "export":
        yield from (w.span for w in command.options if downloads.variable(*_pair(w)))
    if command.program in PRINTERS:
        yield from (w.span for w in command.options if _trusted(w.text))
        return
    yield from (w.span for w in command.options if _trusted(w.text))
    yield from downloads.options(command)


def _trusted(text: str) -> bool:
    return "trusted=yes" in text and _TRUSTED.search(text[:_LONGEST]) is not None


def _pair(word: Word) -> tuple[str, str]:
    name, _, value = word.text.partition("=")
    return name, value


def unverified_downloads(commands: Sequence[Command], text: str) -> Iterator[Weakness]:
    """Files that a step fetches over plain HTTP, and scripts that it stores and runs, where nothing in the step's
    `text` compares a checksum or a signature."""
    if _CHECKED.search(text):
        return
    stored: dict[str, Command] = {}
    for command in commands:
        yield from ((Switch.PLAIN_DOWNLOAD, span) for span in downloads.plain(command))
        # The script that a command runs: `sh install.sh`, `./install.sh`.
        first = next((w.text for w in command.options if not w.text.startswith("-")), "")
        if command.program in SHELLS | {"source", "."} or _INTERPRETER.fullmatch(command.program):
            ran = _base(first)
        else:
            word = command.words[0].text if command.words else ""
            ran = (
                command.program
                if "/" in word and word.endswith((".sh", ".bash", ".py", ".run", ".bin"))
                else ""
            )
        if ran in stored:
            yield Switch.REMOTE_SCRIPT, stored.pop(ran).span
        if command.program in _FETCHERS and (name := _stored(command)):
            stored[name] = command


def _stored(command: Command) -> str:
    """The file that a download is stored in; "" for none that is known."""
    words = [w.text for w in command.options]
    for number, word in enumerate(words[:-1]):
        if (_CURL_FILE if command.program == "curl" else _WGET_FILE).fullmatch(word):
            return _base(words[number + 1])
    url = next((w for w in words if "://" in w), "")
    remote = command.program == "wget" or any(
        re.fullmatch(r"-[a-zA-Z]*O[a-zA-Z]*|--remote-name", w) for w in words
    )
    redirect = next((f for w, f in pairwise(words) if w == ">"), "")
    return _base(redirect) or (_base(url) if remote else "")


def _base(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2].strip("-")


def _modes(command: Command) -> Iterator[Weakness]:
    mode = _mode(command)
    if mode is None:
        return
    if _SET_USER.fullmatch(mode.text) and not re.fullmatch(r"[go]+\+.*", mode.text):
        yield Switch.SET_USER_ID, mode.span
    elif _WORLD.fullmatch(mode.text):
        paths = [w.text.rstrip("/") for w in command.words if w.text.startswith("/")]
        if not paths or any(path not in SHARED for path in paths):
            yield Switch.WORLD_WRITABLE, mode.span


_NARROWER = re.compile(r"(?:[ugo]*[ao][ugo]*)-[rxXst]*w[rwxXst]*|[ugoa]*o[ugoa]*=[rxX]*|0?[0-7]{2}[0145]")


def restored(commands: Sequence[Command]) -> Iterator[Weakness]:
    """Rights to write that a later command of the step takes from others again, for the same files."""
    modes = [
        (mode, {w.text for w in c.words if w.start > mode.start and not w.text.startswith("-")})
        for c in commands
        if (mode := _mode(c)) is not None
    ]
    for number, (mode, files) in enumerate(modes):
        later = [f for m, f in modes[number + 1 :] if _NARROWER.fullmatch(m.text)]
        if files and any(files <= narrowed for narrowed in later):
            yield Switch.WORLD_WRITABLE, mode.span


def _mode(command: Command) -> Word | None:
    """The permissions that a command gives: `chmod`, also below `find` and `xargs`, and `install` and `mkdir` with -m."""
    words = command.words
    start = next((n for n, w in enumerate(words) if w.text.rpartition("/")[2] == "chmod"), None)
    if start is not None and (start == 0 or command.program in ("find", "xargs")):
        return next((w for w in words[start + 1 :] if not w.text.startswith("-")), None)
    if command.program in ("install", "mkdir"):
        return next((f for w, f in pairwise(words) if w.text in ("-m", "--mode")), None)
    return None
