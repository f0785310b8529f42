from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from batten.cli.options import context_option, control_options, trust_option
from batten.cli.output import columns, say, stop
from batten.cli.place import place
from batten.engine.outcome import Outcome
from batten.engine.precision import precision
from batten.engine.review import review
from batten.engine.shown import shown
from batten.engine.verdicts import (
    NAME,
    Judge,
    Judgement,
    Verdicts,
    VerdictsProblem,
    read_verdicts,
    sample,
)
from batten.formats import Workspace
from batten.model.record import record
from batten.reports import triage as reports
from batten.reports.masks import Masks, masks
from batten.reports.terminal_style import Style

JUDGED = {"u": Judgement.USEFUL, "n": Judgement.NOISE, "f": Judgement.FALSE}
KEYS = frozenset((*JUDGED, "s", "b", "q"))


@record
class Answer:
    """A key, and the reason that a line of input may give after it."""

    key: str
    reason: str = ""


@record
class Session:
    """What one run asks about."""

    workspace: Workspace
    hidden: Masks
    style: Style
    judge: Judge
    verdicts: Verdicts
    answers: Iterator[Answer]


@click.command("triage")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=NAME,
    show_default=True,
    help="File of verdicts; findings that are judged there are not shown again.",
)
@click.option("--sample", "most", type=click.IntRange(min=1), help="Judge at most this many findings.")
@click.option("--seed", default=0, show_default=True, help="Which sample: the same seed draws the same one.")
@click.option("--stack", default="", help="Name of the stack in the verdicts [default: the folder's name].")
@click.option("--judge", default="", help="Name of the judge in the verdicts [default: the user's name].")
@click.option("--report", is_flag=True, help="PATHS are files of verdicts: show how precise findings were.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Format of --report.",
)
@context_option
@trust_option
@control_options
def command(
    paths: tuple[Path, ...],
    output: Path,
    most: int | None,
    seed: int,
    stack: str,
    judge: str,
    report: bool,
    form: str,
    contexts: tuple[str, ...],
) -> None:
    """Judge the findings of PATHS one by one: useful, noise (true, but not worth acting on) or false.

    A key judges one finding, and each verdict is written at once. Without a terminal, standard input holds one key a
    line, which may be followed by a reason. `batten triage --report verdicts.jsonl` shows the figures.
    """
    try:
        if report:
            found = precision(verdict for path in paths or (output,) for verdict in read_verdicts(path))
            show = {"text": reports.figures_text, "json": reports.figures_json}[form]
            click.echo(show(found), nl=False)
        else:
            names = (judge, stack)
            verdicts = Verdicts(output)
            root, only, policy = place(paths, contexts)
            result = review(root, policy, only)
            outcome = shown(Outcome("triage", str(root), policy.gate, result.findings, today=policy.today))
            judging = Judge(names[0] or _user(), names[1] or root.name, policy.today)
            asked = outcome.causes if most is None else sample(outcome.causes, most, seed)
            queue = [cause for cause in asked if not verdicts.hold(judging, cause)]
            color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            session = Session(
                result.workspace,
                masks(outcome.findings, result.workspace),
                Style(color, max(columns(), 40)),
                judging,
                verdicts,
                _answers(),
            )
            if queue:
                # Show finding after finding until the last one or the key `q`; how many of them were judged.
                index, judged = 0, set()
                while index < len(queue):
                    cause, count = queue[index], f"{index + 1}/{len(queue)}"
                    click.echo(
                        reports.card(cause, session.workspace, session.hidden, session.style, count)
                        + f"\n\n{session.style.paint(reports.KEYS, 'dim')}"
                    )
                    answer = next(session.answers)
                    match answer.key:
                        case "q":
                            break
                        case "b":
                            index = max(index - 1, 0)
                        case "s":
                            index += 1
                        case key:
                            session.verdicts.add(session.judge.says(cause, JUDGED[key], answer.reason))
                            judged.add(index)
                            index += 1
                done = len(judged)
            else:
                done = 0
            left = len(queue) - done
            before = len(asked) - len(queue)
            say(f"judged {done}, {before} before, {left} left · {output}")
    except VerdictsProblem as error:
        stop(str(error))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _answers() -> Iterator[Answer]:
    """Keys of the terminal, or lines of standard input."""
    return map(Answer, _pressed(click.getchar)) if sys.stdin.isatty() else _written()


def _pressed(read: Callable[[], str]) -> Iterator[str]:
    while True:
        try:
            key = read().lower()
        except (KeyboardInterrupt, EOFError):
            key = "q"
        if key in KEYS:
            yield key
        else:
            click.echo(reports.KEYS)


def _written() -> Iterator[Answer]:
    number = 0
    for number, line in enumerate(sys.stdin, 1):
        key, _, reason = line.strip().partition(" ")
        if key not in KEYS:
            stop(f"standard input, line {number}: {key!r} is not a key; use one of {reports.KEYS}")
        yield Answer(key, reason.strip())
    if not number:
        stop(f"standard input holds no keys; run in a terminal, or give one key a line: {reports.KEYS}")
    yield Answer("q")
