"""A review whose answer may still be known from the last one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from batten import masking
from batten.controls import adopt
from batten.engine.account import accounted
from batten.engine.baseline import Baseline
from batten.engine.cache import Kept, open_cache, question
from batten.engine.causes import causes
from batten.engine.cautions import largest_body
from batten.engine.discover import paths
from batten.engine.proposals import work_out
from batten.engine.review import Review, review, with_fix
from batten.engine.shown import fix_shown, problem_shown, said
from batten.formats import Unreadable, Workspace
from batten.model import Edit, Fix, Location, Span
from batten.policy import Policy

TOLD = 100  # causes, first things first, whose fixes are kept too: as many as a terminal counts


def recalled(
    root: Path, policy: Policy, only: tuple[str, ...], baseline: Baseline | None, code: tuple[bytes, ...] = ()
) -> Review:
    """What `review` would say of the files, without reading them again where nothing has changed. No facts
    come with an answer that was kept. `code` are the files of the user's own controls."""
    workspace = Workspace(root)
    cache = open_cache(workspace)
    if cache is None:
        return review(workspace, policy, only, baseline=baseline)
    listing = paths(workspace, only, policy.ignore)
    asked = question(listing.paths, only, policy, baseline, code)
    kept = cache.find(asked, Workspace(workspace.files))
    if kept is not None:
        restored_workspace = Workspace(workspace.files)
        adopt(policy.custom)  # reports ask for their titles
        # Know again what the earlier run knew. The files are the same, so the places are.
        for path, places in kept.secrets.items():
            with suppress(Unreadable):
                text = restored_workspace.text(path).text
                for start, end in places:
                    masking.note(Location(path, "", Span(start, end)), text)
                    masking.register(text[start:end])
        result = Review(restored_workspace, policy, problems=list(kept.problems), owners=kept.owners)
        result.owners_by = kept.owners_by
        result.files, result.read_units = kept.files, kept.units
        result.judged = kept.judged
        result.quiet = kept.quiet
        # Where the earlier run made no fix there is none.
        unfixed = {n for n, fix in kept.told.items() if fix is None}
        result.findings = [
            f if n in unfixed else with_fix(f, result, kept.told.get(n), kept.largest)
            for n, f in enumerate(kept.findings)
        ]
        found = result
        ledger = replace(kept.ledger, left_out=listing.left_out)
        return replace(found, ignored=listing.ignored, ledger=ledger)
    fresh_workspace = Workspace(workspace.files)
    witness = fresh_workspace.watch(cache.digest)
    result = review(fresh_workspace, policy, only, baseline=baseline)
    ledger = accounted(result)
    sources = {f.at.source for f in result.findings}
    kept = Kept(
        tuple(said(replace(f, mend=None)) for f in result.findings),
        _told(result),
        tuple(problem_shown(p) for p in result.problems),
        {source: unit for source, unit in result.owners.items() if source in sources},
        {key: unit for key, unit in result.owners_by.items() if key[0] in sources},
        result.files,
        result.read_units,
        ledger,
        dict(witness),
        dict(_secrets(result)),
        result.judged,
        result.quiet,
        largest_body(result.facts),
    )
    cache.keep(asked, kept)
    return result


def _told(result: Review) -> dict[int, Fix | None]:
    """What a terminal tells of fixes, by the number of the finding."""
    active = (f for f in result.findings if f.suppression is None and f.counts)
    leads = {id(cause.lead) for cause in causes(active)[:TOLD]}
    shown = [n for n, f in enumerate(result.findings) if id(f) in leads]
    work_out(result.findings[n] for n in shown)
    return {n: _without_edits(result.findings[n].fix) for n in shown}


def _secrets(result: Review) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """Where the files that a report may show hold a secret that this run met."""
    shown = (p.source for p in result.problems)
    at = (at.source for f in result.findings for at in (f.at, *f.also, *f.related))
    for path in dict.fromkeys((*at, *shown)):
        with suppress(Unreadable):
            found = masking.places(path, result.workspace.text(path).text) if "\0" not in path else ()
            if found:
                yield path, found


def _without_edits(fix: Fix | None) -> Fix | None:
    """Edits repeat what files say, so an empty one stands for them."""
    edits = (Edit("", Span(0, 0), ""),)
    return fix_shown(replace(fix, edits=edits if fix.edits else ())) if fix else None
