"""A log file, packed or not, as blocks of whole lines, and the format of what they say."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from batten.files import Refused
from batten.files.named import open_named
from batten.logs.calls import Calls
from batten.logs.formats import BUILT_IN, PREFIXES, LogFormat, of_header
from batten.logs.objects import JsonFormat, of_lines
from batten.model.record import record

BLOCK = 1 << 18  # bytes read at a time
LONGEST = 1 << 16  # bytes of a line; longer ones are left out
SAMPLE = 200  # lines that a format is told by
SHOWN = 3  # lines that are shown of those that were not understood
_FEW = 0.5  # the share of sampled lines that a format must fit
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}

Format = LogFormat | JsonFormat


class LogProblem(Exception):
    """A log cannot be read; the sentence says which, why and what to do."""


@record(kw_only=True)
class Read:
    """What became of a file's lines."""

    path: str
    form: str  # the format's name
    lines: int
    understood: int
    samples: tuple[tuple[int, str], ...]  # lines that were not understood, by number
    cut: str = ""  # why the file ended early


class Reader:
    """One file. `calls` yields what its lines say, block by block; then `told` says what became of them."""

    def __init__(self, path: Path, formats: Iterable[LogFormat] = (), given: LogFormat | None = None) -> None:
        self._path, self._formats, self._given = path, tuple(formats), given
        self._lines = self._understood = 0
        self._samples: list[tuple[int, str]] = []
        self._cut = self._name = ""

    def calls(self) -> Iterator[Calls]:
        """Raises LogProblem."""
        form: Format | None = None
        try:
            with open_named(self._path) as raw:
                for block in self._blocks(raw):
                    form = form or self._form(block)
                    if form is not None:
                        yield self._block(form, block)
        except Refused as error:
            raise LogProblem(f"{self._path}: {error}; {error.hint}") from None
        except OSError as error:
            raise LogProblem(f"{self._path}: {error.strerror or error}") from None
        if form is None and self._lines:
            raise LogProblem(
                f"{self._path}: the format of the lines is unknown, such as {self._samples[0][1]!r}; "
                "name it with --log-format, or the configuration that defines it with --config"
            )

    @property
    def told(self) -> Read:
        return Read(
            path=self._path.as_posix(),
            form=self._name,
            lines=self._lines,
            understood=self._understood,
            samples=tuple(self._samples),
            cut=self._cut,
        )

    def _block(self, form: Format, block: bytes) -> Calls:
        count = block.count(b"\n")
        calls = form.calls(block)
        missed = 0
        if len(calls) < count:
            # Comments of W3C logs are no calls.
            odd = [one for one in calls.missed.split(b"\n") if one.strip() and not one.startswith(b"#")]
            missed = len(odd)
            if len(self._samples) < SHOWN:
                samples = sorted((self._lines + _number(line, block), _shown(line)) for line in set(odd))
                self._samples += samples[: SHOWN - len(self._samples)]
        self._lines += count
        self._understood += count - missed
        return calls

    def _form(self, block: bytes) -> Format | None:
        lines = [line for line in block.split(b"\n", SAMPLE)[:SAMPLE] if line.strip()]
        form = self._given or recognised(lines, self._formats)
        if form is None:
            self._lines += block.count(b"\n")
            self._samples = self._samples or [(1, _shown((lines or [b""])[0]))]
            return None
        self._name = form.name
        return form

    def _blocks(self, raw: BinaryIO) -> Iterator[bytes]:
        """Whole lines, ended by a newline each."""
        left = b""
        unwrap = False
        first = True
        try:
            for piece in _pieces(_unpacked(raw, self._path)):
                if first:
                    first, unwrap = False, _is_docker(piece)
                whole, newline, rest = (left + piece).rpartition(b"\n")
                if len(rest) > LONGEST:
                    rest = b"\0"  # its end comes later, and no format fits it
                left = rest
                if newline:
                    yield _inside(whole + newline) if unwrap else whole + newline
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            self._cut = f"the archive is damaged: {error}"
        if left:
            yield _inside(left + b"\n") if unwrap else left + b"\n"


def _number(line: bytes, block: bytes) -> int:
    """The number of a line within a block."""
    return block.count(b"\n", 0, (b"\n" + block).find(b"\n" + line + b"\n")) + 1


def _shown(line: bytes) -> str:
    return line[:160].decode("utf-8", "replace")


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(BLOCK):
        yield piece


def _unpacked(raw: BinaryIO, path: Path) -> BinaryIO:
    buffered = cast(io.BufferedReader, raw)
    start = buffered.peek(6)[:6]
    match next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), ""):
        case "gzip":
            return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
        case "bzip2":
            return cast(BinaryIO, bz2.BZ2File(buffered))
        case "xz":
            return cast(BinaryIO, lzma.LZMAFile(buffered))
        case "zstd":
            raise LogProblem(f"{path}: zstd archives are not read; unpack it first: zstd -dc {path.name} | …")
    return buffered


def _is_docker(block: bytes) -> bool:
    return re.match(rb'\{"log": ?"', block) is not None


def _inside(block: bytes) -> bytes:
    """The lines that Docker's json-file driver wrapped."""
    made: list[bytes] = []
    for line in block.split(b"\n"):
        try:
            one = msgspec.json.decode(line) if line else None
        except msgspec.DecodeError:
            one = None
        text = one.get("log") if isinstance(one, dict) else None
        made.append((text.rstrip("\n") if isinstance(text, str) else "").encode())
    return b"\n".join(made)


def recognised(lines: list[bytes], defined: Iterable[LogFormat] = ()) -> Format | None:
    """The format that fits most of the lines: of the configuration, of batten's list, or JSON."""
    headed = [form for line in lines[:5] for form in of_header(line)]
    said = [line for line in lines if not line.startswith(b"#")]
    if not said:
        return None
    block = b"\n".join(said)
    best: tuple[int, Format | None] = (0, None)
    for prefix in PREFIXES.values():
        for form in (*headed, *defined, *BUILT_IN):
            with_prefix = LogFormat(form.name, form.pieces, prefix)
            calls = with_prefix.calls(block)
            fits = sum(map(any, zip(calls.methods, calls.statuses, strict=True)))
            best = max(best, (fits, with_prefix), key=lambda one: one[0])
        objects = of_lines(said, prefix)
        if objects is not None:
            best = max(best, (len(objects.calls(block)), objects), key=lambda one: one[0])
    return best[1] if best[0] >= _FEW * len(said) else None
