"""Commands that fetch without a look, switch verification off, or hand out rights.

Sources: the manuals of the programs that are named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batten.formats.words import Word
from batten.model import Span, Switch
from batten.technologies._containers.switches import unverified
from batten.technologies._text.shell import PRINTERS, SHELLS
from batten.technologies.dockerfile.commands import Command

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
_FLAGS = frozenset(
    [
        "--allow-unauthenticated",
        "--force-yes",
        "--allow-insecure-repositories",
        "--nogpgcheck",
        "--no-gpg-checks",
        "--no-gpg-check",
        "--nosignature",
        "--allow-untrusted",
        "--no-check-certificate",
        "--no-strict-ssl",
        "--strict-ssl=false",
        "--insecure-skip-tls-verify",
        "--setopt=gpgcheck=0",
        "--setopt=*.gpgcheck=0",
        "--no-verify-ssl",
    ]
)
_APT = re.compile(
    r"(?:APT::Get::AllowUnauthenticated|Acquire::AllowInsecureRepositories)=[\"']?(?:1|true|yes)", re.I
)
_TRUSTED = re.compile(r"\[[^\]]*\btrusted=yes\b[^\]]*\]")
_LONGEST = 4000  # characters that are looked at
_OFF = frozenset(("false", "0", "no", "null"))
_WORLD = re.compile(r"0?[0-7][0-7][2367]|(?:[ugo]*[ao][ugo]*|ugo)\+[rwxXt]*w[rwxXt]*")
_SET_USER = re.compile(r"0?[46][0-7]{3}|[ugoa]*[ua]?[ugoa]*\+[rwxX]*s[rwxX]*")


def weaknesses(pipeline: Sequence[Command]) -> Iterator[Weakness]:
    yield from _remote_script(pipeline)
    for command in pipeline:
        if command.sudo:
            yield Switch.SUDO, Span(command.sudo[0].start, command.sudo[-1].end)
        yield from ((Switch.PACKAGE_UNVERIFIED, span) for span in _unverified(command))
        if command.program == "chmod":
            yield from _modes(command)


def _remote_script(pipeline: Sequence[Command]) -> Iterator[Weakness]:
    whole = Span(pipeline[0].span.start, pipeline[-1].span.end)
    fetches = next((n for n, c in enumerate(pipeline) if c.program in _FETCHERS), None)
    piped = fetches is not None and any(_runs_input(c) for c in pipeline[fetches + 1 :])
    inside = any(_runs_fetched(c) for c in pipeline)
    if piped or inside or _POWERSHELL.search(" | ".join(c.text for c in pipeline)[:_LONGEST]):
        yield Switch.REMOTE_SCRIPT, whole


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
    yield from (w.span for w in command.assigned if unverified(*_pair(w)))
    if command.program == "export":
        yield from (w.span for w in command.options if unverified(*_pair(w)))
    words = command.options
    if command.program in PRINTERS:
        yield from (w.span for w in words if _APT.search(w.text) or _trusted(w.text))
        return
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        insecure = command.program == "curl" and (word.text == "--insecure" or _short_k(word.text))
        if insecure or word.text in _FLAGS or _APT.search(word.text) or _trusted(word.text):
            yield word.span
        elif word.text.startswith("--trusted-host"):
            value = following if word.text == "--trusted-host" else None
            yield Span(word.start, value.end if value else word.end)
        else:
            yield from _settings(command, word, following)


def _trusted(text: str) -> bool:
    return "trusted=yes" in text and _TRUSTED.search(text[:_LONGEST]) is not None


def _pair(word: Word) -> tuple[str, str]:
    name, _, value = word.text.partition("=")
    return name, value


def _short_k(text: str) -> bool:
    """Whether -k is among curl's short options; those before it take no value."""
    return re.fullmatch(r"-[fsSLgGiIjJklnNOpqRvV#046a]*k[a-zA-Z#]*", text) is not None


def _settings(command: Command, word: Word, following: Word | None) -> Iterator[Span]:
    """Settings of git, npm and their like, `name value` or `name=value`."""
    name, sign, value = word.text.partition("=")
    setting = name.lower().strip(":")
    known = {
        "http.sslverify": ("git",),
        "strict-ssl": ("npm", "yarn", "pnpm"),
        "ssl_verify": ("conda", "mamba", "micromamba"),
        "secure-http": ("composer",),
    }
    if command.program not in known.get(setting, ()):
        return
    if sign and value.lower() in _OFF:
        before = next(
            (w for w, n in zip(command.options, command.options[1:], strict=False) if n is word), None
        )
        start = before.start if before is not None and before.text == "-c" else word.start
        yield Span(start, word.end)
    elif not sign and following is not None and following.text.lower() in _OFF:
        yield following.span


def _modes(command: Command) -> Iterator[Weakness]:
    mode = next((w for w in command.options if not w.text.startswith("-")), None)
    if mode is None:
        return
    if _SET_USER.fullmatch(mode.text) and not re.fullmatch(r"[go]+\+.*", mode.text):
        yield Switch.SET_USER_ID, mode.span
    elif _WORLD.fullmatch(mode.text):
        yield Switch.WORLD_WRITABLE, mode.span
