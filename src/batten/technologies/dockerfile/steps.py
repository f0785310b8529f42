"""What a build does that weakens what it builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import BuildStep, Secret
from batten.formats.dockerfile import Instruction
from batten.formats.variables import expand
from batten.model import Location, Setting, Span
from batten.technologies import _secrets
from batten.technologies.dockerfile.stages import Stage, assignments, pointer

_FETCH = r"\b(?:curl|wget)\b[^|;&\n]*"
_SHELL = r"(?:sudo\s+(?:-\S+\s+)*)?(?:/(?:usr/)?bin/)?(?:env\s+)?(?:ba|z|da|k|a)?sh\b"
_WEAK: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "remote-script",
        re.compile(
            rf"{_FETCH}\|\s*(?:{_SHELL}|(?:sudo\s+)?(?:python[\d.]*|perl|ruby|node|php)\b(?!\s+-[cme]\b))"
            rf"|{_SHELL}\s+-c\s+[\"']?\$\(\s*{_FETCH}|{_SHELL}\s+<\(\s*{_FETCH}"
        ),
    ),
    ("sudo", re.compile(r"(?:^|&&|\|\||[;|(\n])\s*sudo\s")),
    (
        "package-unverified",
        re.compile(
            r"--allow-unauthenticated\b|--no-gpg-?check\b|--nogpgcheck\b|--allow-untrusted\b|--force-yes\b"
            r"|--trusted-host\b|strict-ssl[ =]false|http\.sslVerify[ =]false|GIT_SSL_NO_VERIFY=[1t]"
            r"|NODE_TLS_REJECT_UNAUTHORIZED=0|--no-check-certificate\b"
            r"|\bcurl\s+(?:\S+\s+)*?(?:-[a-jl-zA-Z]*k[a-zA-Z]*|--insecure)\s"
        ),
    ),
    ("world-writable", re.compile(r"\bchmod\s+(?:-\S+\s+)*(?:0?777|[ao]\+\w*w\w*|ugo\+\w*w\w*)(?=\s)")),
)
_APT = re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*install\b")
_CLEAN = re.compile(r"/var/lib/apt(?:/lists)?|dist-clean|\bapt-get\s+distclean\b")
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tar\.\w+|t?gz|bz2|xz|zst)$", re.IGNORECASE)


def steps(path: str, stage: Stage, shipped: bool) -> Iterator[BuildStep]:
    """The weak steps of a stage; leftovers only matter in a stage that is shipped."""
    for instruction in stage.instructions:
        for weakness in _weaknesses(instruction, shipped):
            at = Location(path, f"{pointer(stage)}/{instruction.keyword}[{weakness}]", instruction.span)
            yield BuildStep(at, weakness, instruction.keyword)


def _weaknesses(instruction: Instruction, shipped: bool) -> Iterator[str]:
    match instruction.keyword:
        case "RUN":
            text = "\n".join((instruction.value, *(h.text for h in instruction.heredocs))) + "\n"
            yield from (weakness for weakness, pattern in _WEAK if pattern.search(text))
            cached = any(f.name == "mount" and "cache" in (f.value or "") for f in instruction.flags)
            if shipped and _APT.search(text) and not _CLEAN.search(text) and not cached:
                yield "package-cache"
        case "ADD" if not instruction.heredocs:
            sources = [w.text for w in instruction.words[:-1]]
            remote = [s for s in sources if "://" in s or s.startswith("git@")]
            checked = instruction.flag("checksum") is not None
            if any(not re.search(r"\.git(?:#|$)", s) for s in remote) and not checked:
                yield "add-url"
            if (
                sources
                and not remote
                and not any(_ARCHIVE.search(s) or set("*?[$") & set(s) for s in sources)
            ):
                yield "add-local"


def secrets(path: str, stage: Stage) -> Iterator[Secret]:
    """Credentials given to a build are in its history for whoever can pull the image."""
    for instruction in stage.instructions:
        if instruction.keyword in ("ARG", "ENV"):
            for name, value, span in assignments(instruction):
                expanded = expand(value, {}) if value else None
                kind = _secrets.recognise(name, expanded) if expanded else None
                if kind:
                    at = Location(path, f"{pointer(stage)}/{instruction.keyword}[{name}]", span)
                    yield Secret(at, name, Setting(kind, at), "image")
        elif instruction.keyword == "RUN":
            known = _secrets.token(instruction.value)
            if known:
                at = Location(path, f"{pointer(stage)}/RUN[{known}]", instruction.span)
                yield Secret(at, "RUN", Setting(known, at), "image")


def chosen(span: Span, instructions: list[Instruction]) -> Instruction | None:
    """The instruction that a location covers."""
    return next((i for i in instructions if i.span.start <= span.start and span.end <= i.span.end), None)
