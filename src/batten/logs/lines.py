"""A log file, packed or not, as blocks of whole lines, and the format of what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from batten.files import Refused
from batten.files.named import open_named
from batten.logs.blocks import Cut, Packed, blocks
from batten.logs.calls import Calls
from batten.logs.formats import BUILT_IN, PREFIXES, LogFormat, of_header
from batten.logs.objects import JsonFormat, of_lines
from batten.masking import filtered
from batten.model.record import record

SAMPLE = 200  # lines that a format is told by
SHOWN = 3  # lines that are shown of those that were not understood
_FEW = 0.5  # the share of sampled lines that a format must fit
_MOST_TRIED = 64  # blocks that the format is looked for in
_MOST_ZONES = 8
_QUERY = re.compile(r"\?[^\s\"'`]*")
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_ZONE = re.compile(
    rb"(?:[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T \t][0-9]{2}:[0-9]{2})"
    rb"(?::[0-9.,]*+)? ?([+-][0-9]{2}:?[0-9]{2}|Z)"
)

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
    zones: tuple[str, ...] = ()  # that its times are in, where it says so


class Reader:
    """One file. `calls` yields what its lines say, block by block; then `told` says what became of them."""

    def __init__(self, path: Path, formats: Iterable[LogFormat] = (), given: LogFormat | None = None) -> None:
        self._path, self._formats, self._given = path, tuple(formats), given
        self._lines = self._understood = 0
        self._samples: list[tuple[int, str]] = []
        self._cut = self._name = ""
        self._zones: set[str] = set()

    def calls(self) -> Iterator[Calls]:
        """Raises LogProblem."""
        form: Format | None = None
        try:
            with open_named(self._path) as raw:
                for number, block in enumerate(blocks(raw)):
                    form = form or self._form(block)
                    if form is not None:
                        yield self._block(form, block)
                    elif number >= _MOST_TRIED:
                        break
        except Cut as error:
            self._cut = str(error)
        except Packed as kind:
            raise LogProblem(
                f"{self._path}: {kind} archives are not read; unpack it first: {kind} -dc {self._path.name} | …"
            ) from None
        except Refused as error:
            raise LogProblem(f"{self._path}: {error}; {error.hint}") from None
        except OSError as error:
            hint = "name a log that you can read"
            raise LogProblem(f"{self._path} cannot be read: {error.strerror or error}; {hint}") from None
        if not self._lines and not self._cut and self._path.suffix in _PACKED:
            self._cut = "the archive is damaged: it is empty"
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
            zones=tuple(sorted(self._zones)),
        )

    def _block(self, form: Format, block: bytes) -> Calls:
        count = block.count(b"\n")
        if len(self._zones) < _MOST_ZONES:
            self._zones |= _zone(block)
        calls = form.calls(block)
        missed = 0
        if len(calls) < count:
            # Comments of W3C logs are no calls.
            odd = [one for one in calls.missed.split(b"\n") if one.strip() and not one.startswith(b"#")]
            missed = len(odd)
            if len(self._samples) < SHOWN:
                samples = sorted((self._lines + _number(line, block), line) for line in set(odd))
                self._samples += ((at, _shown(line)) for at, line in samples[: SHOWN - len(self._samples)])
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


def _zone(block: bytes) -> set[str]:
    """The zone of the first time of a block, as `+0000`."""
    found = _ZONE.search(block, 0, 4_096)
    return {found[1].decode().replace(":", "").replace("Z", "+0000")} if found else set()


def _number(line: bytes, block: bytes) -> int:
    """The number of a line within a block."""
    return block.count(b"\n", 0, (b"\n" + block).find(b"\n" + line + b"\n")) + 1


def _shown(line: bytes) -> str:
    """A line that was not understood, without its queries and without what looks like a secret in it."""
    return filtered(_QUERY.sub("?…", line.decode("utf-8", "replace")))[:160]


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
