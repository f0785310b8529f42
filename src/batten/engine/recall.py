"""A review whose answer may still be known from the last one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from batten.controls import adopt
from batten.engine.baseline import Baseline
from batten.engine.cache import Cache, Kept, open_cache, question
from batten.engine.discover import paths
from batten.engine.review import Review, review, with_fix
from batten.formats import Workspace
from batten.model import Edit, Fix, Span
from batten.policy import Policy

TOLD = 100  # findings, worst first, whose fixes are kept too: as many as a terminal is shown


def recalled(
    root: Path, policy: Policy, only: tuple[str, ...], baseline: Baseline | None, code: tuple[bytes, ...] = ()
) -> Review:
    """What `review` would say of the files, without reading them again where nothing has changed. No facts
    come with an answer that was kept. `code` are the files of the user's own controls."""
    workspace = Workspace(root)
    cache = open_cache(workspace)
    if cache is None:
        return review(workspace, policy, only, baseline=baseline)
    found, _ = paths(workspace, only, policy.ignore)
    asked = question(found, only, policy, baseline.known() if baseline else None, code)
    kept = cache.find(asked, Workspace(workspace.files))
    if kept is not None:
        return _restored(kept, Workspace(workspace.files), policy)
    return _fresh(cache, asked, Workspace(workspace.files), policy, only, baseline)


def _restored(kept: Kept, workspace: Workspace, policy: Policy) -> Review:
    adopt(policy.custom)  # reports ask for their titles
    result = Review(workspace, policy, problems=list(kept.problems), owners=kept.owners)
    result.owners_by = kept.owners_by
    result.files, result.read_units = kept.files, kept.units
    told = dict(enumerate(kept.told))
    result.findings = [with_fix(f, result, told.get(i)) for i, f in enumerate(kept.findings)]
    return result


def _fresh(
    cache: Cache,
    asked: str,
    workspace: Workspace,
    policy: Policy,
    only: tuple[str, ...],
    baseline: Baseline | None,
) -> Review:
    witness = workspace.watch(cache.digest)
    result = review(workspace, policy, only, baseline=baseline)
    sources = {f.at.source for f in result.findings}
    kept = Kept(
        tuple(replace(f, mend=None) for f in result.findings),
        tuple(_without_edits(f.fix) for f in result.findings[:TOLD]),
        tuple(result.problems),
        {source: unit for source, unit in result.owners.items() if source in sources},
        {key: unit for key, unit in result.owners_by.items() if key[0] in sources},
        result.files,
        result.read_units,
        dict(witness),
    )
    cache.keep(asked, kept)
    return result


def _without_edits(fix: Fix | None) -> Fix | None:
    """Edits repeat what files say, so an empty one stands for them."""
    return replace(fix, edits=(Edit("", Span(0, 0), ""),) if fix.edits else ()) if fix else None
