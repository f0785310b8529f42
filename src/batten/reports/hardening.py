"""The proof of a deployment, for people at a terminal, for programs, and for auditors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.engine.hardening import proof_report
from batten.engine.hardening.proof import Proof, Taken
from batten.masking import sentence
from batten.reports.legible import legible


def step_lines(taken: Taken) -> Iterator[str]:
    """One step, as it is announced."""
    yield _clean(f"{taken.step.value}: {taken.verdict.value}")
    yield from (f"  {_clean(line)}" for line in taken.lines)


def text(proof: Proof) -> str:
    """The whole proof in plain text."""
    return "\n".join(_text(proof)) + "\n"


def _text(proof: Proof) -> Iterator[str]:
    yield f"proof of {proof.target}, batten {proof.batten}"
    for taken in proof.steps:
        yield from step_lines(taken)
    yield f"seal: {proof.seal}"


def markdown(proof: Proof) -> str:
    """The proof for an auditor."""
    return "\n".join(_markdown(proof)) + "\n"


def _markdown(proof: Proof) -> Iterator[str]:
    yield f"# Proof: {proof.target}"
    yield ""
    yield f"Written and checked by batten {proof.batten}. Exit code {int(proof.exit_code)}."
    yield ""
    yield "| step | verdict | what was seen |"
    yield "|---|---|---|"
    for taken in proof.steps:
        yield f"| {taken.step.value} | {taken.verdict.value} | {'<br>'.join(map(_cell, taken.lines))} |"
    yield ""
    yield from _digests("Inputs", proof.inputs.items())
    yield from _digests("Files", proof.files.items())
    yield "## Seals"
    yield ""
    yield (
        "Each is the SHA-256 of the one before it and of its step, as JSON with sorted keys and no blanks; the first is over"
        " target, version, inputs and files."
    )
    yield ""
    yield f"- beginning: `{proof.beginning}`"
    yield from (f"- {taken.step.value}: `{taken.seal}`" for taken in proof.steps)


def _digests(title: str, found: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield "| file | SHA-256 |"
    yield "|---|---|"
    yield from (f"| {_cell(path)} | `{digest}` |" for path, digest in found)
    yield ""


def _cell(line: str) -> str:
    escaped = _clean(line).replace("\\", "\\\\").replace("|", "\\|").replace("`", "\\`")
    return escaped.replace("<", "&lt;")


def _clean(line: str) -> str:
    return legible(sentence(line))


def rendered(proof: Proof, suffix: str) -> str:
    """The report for a file with this suffix."""
    match suffix.lower():
        case ".json":
            return proof_report.encoded(proof)
        case ".md":
            return markdown(proof)
        case _:
            return text(proof)
