"""What guards saw beside this folder, as an environment of its own: the findings that probes would have had."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from batten.contract import load
from batten.engine.identity import TRAFFIC
from batten.engine.judge import slugs_about
from batten.engine.outcome import EnvironmentOutcome
from batten.engine.review import Review
from batten.facts import Fact
from batten.formats import SyntaxProblem, Unreadable
from batten.guard.learning.digest import facts, sorted_out
from batten.guard.traffic.traffic_file import TrafficProblem, read
from batten.logs.digest import facts_of
from batten.logs.formats import LogFormat
from batten.logs.lines import LogProblem, Read
from batten.logs.tally import tell
from batten.logs.written import FORMATS_OF, defined
from batten.model import Context, Problem
from batten.model.record import record

_TORN = 100  # lines of which one may be torn


@record
class Seen:
    facts: tuple[Fact, ...] = ()
    outcome: tuple[EnvironmentOutcome, ...] = ()


def of_traffic(result: Review, path: Path | None, logs: Sequence[Path] = ()) -> Seen:
    """Nothing where neither a file in which a guard kept what it saw nor an access log is named, or no contract is known
    to hold it against."""
    if path is not None or logs:
        path_contract = contract_path(result)
        try:
            contract = load(result.workspace, path_contract)[0] if path_contract else None
        except (SyntaxProblem, Unreadable):
            contract = None
    else:
        contract = None
    if contract is None and logs:
        return _unread(
            result,
            logs[0],
            "the log was not judged: no contract is known",
            "name it as `contract:` in batten.yaml",
        )
    if contract is None:
        return Seen()
    found: list[Fact] = []
    times = 0
    today = result.policy.now.date()
    try:
        if path is not None:
            rows, _ = read(path)
            found += facts(sorted_out(rows, contract), today)
            times += sum(row.times for row in rows)
        if logs:
            told = tell(logs, contract, defined_in(result))
            found += facts_of(told, contract, today)
            times += told.calls
            result.problems += map(
                _partly, [file for file in told.files if file.understood < file.lines or file.cut]
            )
    except TrafficProblem as problem:
        return _unread(result, path or logs[0], str(problem), "move it away to start a new file")
    except LogProblem as problem:
        return _unread(result, logs[0], str(problem), "see `batten logs --help`")
    # A guard and a log may have seen the same call.
    once = tuple({(type(fact), fact.at.pointer): fact for fact in found}.values())
    source = " ".join(one.as_posix() for one in (path, *logs) if one is not None)
    return Seen(once, (EnvironmentOutcome(TRAFFIC, source, True, times, judged=slugs_about(once)),))


def _unread(result: Review, path: Path, message: str, hint: str) -> Seen:
    result.problems.append(Problem(path.as_posix(), "read", message, hint=hint))
    return Seen()


def _partly(file: Read) -> Problem:
    """A log that was read in part. Lines that a rotation tore are in any log: fewer than one in a hundred leave the verdict as it is."""
    missed = file.lines - file.understood
    if file.cut:
        return Problem(
            file.path, "read", f"the rest of the log was not read: {file.cut}", hint="replace the archive"
        )
    return Problem(
        file.path,
        "read",
        f"{missed:,} of {file.lines:,} lines do not fit the format {file.form} and were not read",
        hint="`batten logs` shows the first of them",
        line=file.samples[0][0] if file.samples else 0,
        counts=missed * _TORN > file.lines,
    )


def defined_in(result: Review) -> list[LogFormat]:
    """The formats that the edges under review define."""
    return [
        form
        for unit in result.units
        if unit.technology in FORMATS_OF
        for path in unit.files
        for form in defined(result.workspace, unit.technology, path)
    ]


def contract_path(result: Review) -> str:
    """The policy's contract, or the only one there is; "" where there are several. Those of tests, examples and the like
    stand back."""
    every = [u.main for u in result.units if u.technology == "openapi"]
    deployed = [m for m in every if result.contexts.of_path(m, "openapi") is Context.PRODUCTION]
    found = deployed or every
    return result.policy.contract or (found[0] if len(found) == 1 else "")
