"""The commands that a RUN, CMD or ENTRYPOINT starts, each word with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from batten.formats.dockerfile import Instruction
from batten.formats.dockerfile_words import shell_words
from batten.formats.document import Text
from batten.formats.words import Word
from batten.model import Span
from batten.model.record import record
from batten.technologies.shared.text.shell import SHELLS

_ENDS = frozenset(("&&", "||", ";", "&"))
_LEADING = frozenset(
    ("(", "{", "!", "if", "then", "do", "else", "elif", "while", "until", "time", "exec", "env")
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_SUDO_VALUES = frozenset(("-u", "-g", "--user", "--group"))
_MOST_WORDS = 20_000


@record
class Command:
    """A simple command: what is assigned before it, sudo with its options, and the program's words."""

    assigned: tuple[Word, ...]
    sudo: tuple[Word, ...]
    words: tuple[Word, ...]

    @property
    def program(self) -> str:
        return self.words[0].text.lstrip("({!`").rpartition("/")[2].removesuffix(".exe") if self.words else ""

    @property
    def options(self) -> tuple[Word, ...]:
        return self.words[1:]

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)

    @property
    def whole(self) -> tuple[Word, ...]:
        return (*self.assigned, *self.sudo, *self.words)

    @property
    def span(self) -> Span:
        return Span(self.whole[0].start, self.whole[-1].end)


def pipelines(instruction: Instruction, source: Text) -> Iterator[list[Command]]:
    """The commands that pipe into each other, in order; those of heredocs and of `sh -c` included."""
    if instruction.exec_form:
        command = _command(instruction.words)
        yield from _scripted(command) if command.whole else ()
        return
    for pipeline in _pipelines(instruction.words):
        yield pipeline
        for command in pipeline:
            yield from _inner(command)
    # Whether the text of a heredoc is run by a shell: bare `RUN <<EOF`, or `bash <<EOF`.
    if instruction.heredocs and (
        bool(instruction.words)
        and (
            instruction.words[0].text.lstrip("0123456789").startswith("<<")
            or instruction.words[0].text.rpartition("/")[2] in SHELLS
        )
    ):
        for heredoc in instruction.heredocs:
            text = source.text[heredoc.span.start : heredoc.span.end]
            yield from _pipelines(shell_words(text, heredoc.span.start))


def script(text: str) -> Iterator[list[Command]]:
    """The commands of a script that stands elsewhere, as those of a RUN."""
    return _pipelines(shell_words(text))


def _scripted(command: Command) -> Iterator[list[Command]]:
    yield [command]
    yield from _inner(command)


def _inner(command: Command) -> Iterator[list[Command]]:
    """What `sh -c` is given; its words stand where the whole script does."""
    if command.program not in SHELLS:
        return
    for option, script in zip(command.options, command.options[1:], strict=False):
        if re.fullmatch(r"-[a-z]*c", option.text):
            words = [Word(w.text, script.start, script.end, w.quoted) for w in shell_words(script.text)]
            yield from _pipelines(words)
            return


def _pipelines(words: Sequence[Word]) -> Iterator[list[Command]]:
    pipeline: list[Command] = []
    held: list[Word] = []
    # An instruction is one line once it is joined: what follows a bare `#` is no command.
    for word in (
        *takewhile(lambda word: word.quoted or not word.text.startswith("#"), words[:_MOST_WORDS]),
        Word(";", 0, 0),
    ):
        operator = not word.quoted and (word.text in _ENDS or word.text == "|")
        if not operator:
            held.append(word)
            continue
        command = _command(held)
        held = []
        if command.whole:
            pipeline.append(command)
        if word.text != "|" and pipeline:
            yield pipeline
            pipeline = []


def _command(words: Sequence[Word]) -> Command:
    rest = list(words)
    assigned: list[Word] = []
    sudo: list[Word] = []
    while rest:
        word = rest[0].text
        if _ASSIGNMENT.match(word):
            assigned.append(rest.pop(0))
        elif word.rpartition("/")[2] in ("sudo", "doas") and not sudo:
            sudo.append(rest.pop(0))
            while rest and rest[0].text.startswith("-"):
                taken = 2 if rest[0].text in _SUDO_VALUES else 1
                sudo += rest[:taken]
                rest = rest[taken:]
        elif word in _LEADING:
            rest.pop(0)
        else:
            break
    # What PowerShell or cmd is given on its command line, unquoted.
    program = rest[0].text.rpartition("/")[2].rpartition("\\")[2].lower().removesuffix(".exe") if rest else ""
    if program not in ("powershell", "pwsh", "cmd"):
        after_shell: list[Word] = rest
    else:
        at = next((n for n, w in enumerate(rest) if w.text.lower() in ("-command", "-c", "/c")), None)
        inner = rest[at + 1 :] if at is not None else []
        after_shell = inner if inner and not inner[0].quoted else rest
    return Command(tuple(assigned), tuple(sudo), tuple(after_shell))
