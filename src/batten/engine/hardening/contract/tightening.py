"""What batten's own fixes change in a contract: safe ones always, risky ones of schemas where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from batten.engine.fix import Plan, Wish, plan
from batten.formats import Workspace
from batten.harden.intent import Intent
from batten.model import Safety
from batten.model.record import record

STRICT = frozenset(("request-schemas-defined", "response-schemas-defined"))


@record
class Tightened:
    texts: Mapping[str, str]
    notes: tuple[str, ...]


def tightened(workspace: Workspace, intent: Intent, files: tuple[str, ...]) -> Tightened:
    """`strict` of the options closes schemas, which callers may notice that send more than is declared."""
    policy = replace(intent.policy, waivers=(), ignore=())
    safe = plan(workspace, policy, Wish(validate=False), files)
    if not intent.options.strict:
        return Tightened(safe.texts, tuple(_told(safe)))
    wish = Wish(accept=frozenset({Safety.RISKY}), slugs=STRICT, validate=False)
    risky = plan(workspace.with_overlay(safe.texts), policy, wish, files)
    return Tightened({**safe.texts, **risky.texts}, (*_told(safe), *_told(risky)))


def _told(made: Plan) -> Iterator[str]:
    """Each way to fix once, with how often it was taken, and whom it may affect."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in made.fixed:
        if finding.fix is not None:
            key = (finding.control, finding.fix.title, finding.fix.breaks)
            counts[key] = counts.get(key, 0) + 1
    for (control, title, breaks), count in counts.items():
        yield f"{control}: {title} ({count} ×)" + (f"; may affect {breaks}" if breaks else "")
