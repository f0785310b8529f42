"""Folders that look like a developer's, tests or examples, and that batten takes for production: proposals for `contexts:`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from batten.engine.contexts import NEUTRAL
from batten.engine.review import Review
from batten.model import Context, Severity
from batten.model.record import record

_WORDS = {
    Context.DEVELOPMENT: "playground playgrounds scratch hack vagrant localstack tilt devstack devbox",
    Context.TEST: "loadtest loadtests perf benchmark benchmarks bench",
    Context.EXAMPLE: "poc pocs prototype prototypes boilerplate",
}
_MORE = {word: context for context, words in _WORDS.items() for word in words.split()}
_SILENT = "k8s kubernetes helm deploy deployment infra infrastructure cluster service services servers project projects only my the and for of with"
_NEUTRAL = NEUTRAL.union(_SILENT.split())
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)
# The file system of an image or a host, as builds and configuration management copy it: its names are the system's (`/usr/local`).
_SYSTEM = frozenset(("rootfs", "root", "overlay", "usr", "var", "etc", "opt", "srv"))


@record
class Proposal:
    """A row of `contexts:` that nobody has asked for: it is written as a comment. `counts` are the findings which it would take out
    of the verdict, worst first; `controls` are those of the worst severity among them."""

    glob: str
    context: Context
    counts: tuple[tuple[Severity, int], ...] = ()
    controls: tuple[str, ...] = ()


def proposals(result: Review) -> tuple[Proposal, ...]:
    """The outermost folders of that kind that hold files which were read. The review must have been judged."""
    found: dict[str, Context] = {}
    for path in sorted(result.owners):
        if result.contexts.of_path(path) is Context.PRODUCTION:
            found |= dict(_first(path))
    return tuple(_proposal(folder, context, result) for folder, context in found.items())


def effect(row: Proposal) -> str:
    """What the row would do to the verdict: "would take 3 findings out of the verdict (1 high: tls-required)"."""
    if not row.counts:
        return "would take no finding out of the verdict today"
    (worst, count), total = row.counts[0], sum(count for _, count in row.counts)
    return f"would take {total} finding{'' if total == 1 else 's'} out of the verdict ({count} {worst.label}: {', '.join(row.controls)})"


def _proposal(folder: str, context: Context, result: Review) -> Proposal:
    hidden = [
        f
        for f in result.findings
        if f.at.source.startswith(f"{folder}/") and f.counts and f.suppression is None
    ]
    counts = sorted(Counter(f.severity for f in hidden).items(), reverse=True)
    worst = {f.control for f in hidden if f.severity == counts[0][0]} if counts else set()
    return Proposal(f"{folder}/**", context, tuple(counts), tuple(sorted(worst)))


def _first(path: str) -> Iterator[tuple[str, Context]]:
    """The outermost folder of a path whose whole name says what it is for."""
    *above, _ = path.split("/")
    for number, name in enumerate(above, 1):
        # The context of a folder in whose name every word agrees; None of `dev-portal`, which may be a product.
        meaning_name = name.lower()
        words = [
            (word if Context.named(word) else word.rstrip("0123456789"))
            for word in re.split(r"[-_. ]+", meaning_name)
            if word
        ]
        kinds = [Context.named(word) or _MORE.get(word) for word in words if word not in _NEUTRAL]
        named = [kind for kind in kinds if kind not in (None, Context.VENDORED)]
        folder, context = (
            "/".join(above[:number]),
            named[0]
            if named and len(named) == len(kinds) and meaning_name not in ("spec", "specs")
            else None,
        )
        if name.lower() in _SYSTEM:
            return
        if context is not None and _PLAIN.fullmatch(folder):
            yield folder, context
            return
