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
PUBLISHED = frozenset(
    ("secret-not-inline",)
)  # the contract is for others: what it shows of credentials is taken out


@record
class Tightened:
    texts: Mapping[str, str]
    notes: tuple[str, ...]


def tightened(workspace: Workspace, intent: Intent, files: tuple[str, ...]) -> Tightened:
    """`strict` of the options closes schemas, which callers may notice that send more than is declared."""
    policy = replace(intent.policy, waivers=(), ignore=())
    found = plan(workspace, policy, Wish(validate=False), files)
    texts, notes = dict(found.texts), [*_told(found)]
    left = {one.finding.control for one in found.left}
    wanted = (STRICT if intent.options.strict else frozenset[str]()) | PUBLISHED
    if slugs := wanted & left:
        wish = Wish(accept=frozenset({Safety.RISKY}), slugs=slugs, validate=False)
        found = plan(workspace.with_overlay(texts), policy, wish, files)
        texts.update(found.texts)
        notes += _told(found)
    return Tightened(texts, tuple(notes))


def _told(made: Plan) -> Iterator[str]:
    """Each way to fix once, with how often it was taken, and whom it may affect."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in made.fixed:
        if finding.fix is not None:
            key = (finding.control, finding.fix.title, finding.fix.breaks)
            counts[key] = counts.get(key, 0) + 1
    for (control, title, breaks), count in counts.items():
        yield f"{control}: {title} ({count} ×)" + (f"; may affect {breaks}" if breaks else "")
