"""Single words of a RUN or COPY taken out or replaced."""

from __future__ import annotations

import re

from batten.formats import Document
from batten.formats.dockerfile import Instruction
from batten.formats.document import Text
from batten.formats.lines import line_end, line_start, next_line
from batten.model import Edit, Fix, Location, Safety, Span, Switch
from batten.technologies.orchestration.dockerfile import configured
from batten.technologies.orchestration.dockerfile.weaknesses import SHARED

_UNVERIFIED = "downloads from servers or repositories with invalid certificates or signatures"
_TURNED = {"false": "true", "0": "1", "no": "yes", "true": "false"}
_SYMBOLIC = {
    "a+rwx": "u+rwx,go+rx",
    "ugo+rwx": "u+rwx,go+rx",
    "a+rwX": "u+rwX,go+rX",
    "ugo+rwX": "u+rwX,go+rX",
    "a+rw": "u+rw,go+r",
    "ugo+rw": "u+rw,go+r",
    "go+rw": "go+r",
    "o+rw": "o+r",
    "o+rwx": "o+rx",
    "go+rwx": "go+rx",
}

# ours: the words of the table above
_TURNING = re.compile(rf"([\"']?|[\w.-]+=)({'|'.join(_TURNED)})([\"']?)", re.IGNORECASE)

_LONGEST = 4000  # characters of a command that are looked at


def changed(document: Document[list[Instruction]], at: Location, feature: Switch) -> Fix | None:
    span = at.span or Span(0, 0)
    word = document.text[span.start : span.end]
    if "\\\n" in word or "`\n" in word:
        return None
    match feature:
        case Switch.PACKAGE_UNVERIFIED | Switch.PLAIN_DOWNLOAD if "http://" in word:
            edit = Edit(at.source, span, word.replace("http://", "https://"))
            breaks = "builds that fetch from servers without TLS"
            return Fix("download over HTTPS", (edit,), safety=Safety.RISKY, breaks=breaks)
        case Switch.PACKAGE_UNVERIFIED:
            # The option taken out, its letter taken out of a group, or the setting turned round.
            source = document.source
            if line := configured.righted(word):
                edit = Edit(source.path, span, line)
            elif re.fullmatch(r"-[a-zA-Z#0-9]*k[a-zA-Z#0-9]*", word) and len(word) > 2:
                edit = Edit(source.path, span, word.replace("k", "", 1))
            elif found := _TURNING.fullmatch(word):
                edit = Edit(source.path, span, f"{found[1]}{_TURNED[found[2].lower()]}{found[3]}")
            elif "trusted=yes" in word:
                rest = re.sub(r"\[\s*trusted=yes\s*\]\s*", "", word)
                text = re.sub(r"\s+trusted=yes\b|\btrusted=yes\s+", "", rest)
                edit = Edit(source.path, span, text) if text else without_word(source, span)
            elif re.match(r"-|[A-Za-z_]+=", word):
                edit = without_word(source, span)
            else:
                return None
            return Fix("verify downloads", (edit,), safety=Safety.RISKY, breaks=_UNVERIFIED)
        case Switch.ROOT_ACCESS:
            line = configured.righted(word)
            breaks = "users who log in as root"
            edit = Edit(at.source, span, line or "")
            return Fix("refuse root", (edit,), safety=Safety.RISKY, breaks=breaks) if line else None
        case Switch.SUDO:
            breaks = "builds in which an earlier step switched to a non-root user"
            edit = Edit(at.source, Span(span.start, _next_word(document.text, span.end)), "")
            return Fix("run the step without sudo", (edit,), safety=Safety.RISKY, breaks=breaks)
        case Switch.WORLD_WRITABLE:
            # Whether a folder for temporary files is among those whose mode a command sets.
            rest = re.split(r"[;&|]", document.text[span.end : span.end + _LONGEST], maxsplit=1)[0]
            return _narrowed(span, word, at, any(word.rstrip("/") in SHARED for word in rest.split()))
        case Switch.PRIVILEGED_STEP | Switch.HOST_NETWORK_STEP:
            edit = Edit(at.source, Span(span.start, _next_word(document.text, span.end)), "")
            return Fix(
                "run the step without privileges",
                (edit,),
                safety=Safety.RISKY,
                breaks="steps that need the privileges",
            )
        case _:
            return None


def _narrowed(span: Span, word: str, at: Location, shared: bool) -> Fix | None:
    """Others keep the right to read what they could write; to a folder for temporary files everyone has to write."""
    head, sign, mode = word.rpartition("=")  # --chmod=777
    if shared:
        return None
    if re.fullmatch(r"[0-7]{3,4}", mode):
        told = "".join(str(int(digit) & ~2) for digit in mode[-2:])
        new = mode[:-2] + told
    else:
        new = _SYMBOLIC.get(mode, "")
    if not new:
        return None
    edit = Edit(at.source, span, f"{head}{sign}{new}")
    return Fix(
        f"allow only the owner to write: {new}",
        (edit,),
        safety=Safety.RISKY,
        breaks="programs of other users that write there",
    )


def without_word(source: Text, span: Span) -> Edit:
    """The word taken out: with its line where it stands alone before a continuation, otherwise with the
    blanks on one side."""
    text = source.text
    start, end = line_start(text, span.start), line_end(text, span.end)
    if not text[start : span.start].strip() and re.fullmatch(r"[ \t]*[\\`][ \t]*", text[span.end : end]):
        return Edit(source.path, Span(start, next_line(text, span.end)), "")
    following = _next_word(text, span.end)
    if following > span.end and following < end:
        return Edit(source.path, Span(span.start, following), "")
    before = len(text[: span.start].rstrip(" \t"))
    return Edit(source.path, Span(max(before, start), span.end), "")


def without_option(instruction: Instruction, source: Text, span: Span) -> Fix | None:
    """An option for developers taken out of a CMD or ENTRYPOINT."""
    word = next((w for w in instruction.words if w.span == span), None)
    if word is None:
        return None
    edit = without_word(source, span)
    if instruction.exec_form:
        before = instruction.words[instruction.words.index(word) - 1]
        if before.start >= word.start:
            return None
        edit = Edit(source.path, Span(before.end, span.end), "")
    return Fix(
        f"start without {word.text}",
        (edit,),
        safety=Safety.RISKY,
        breaks="developers who work in this container",
    )


def _next_word(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at
