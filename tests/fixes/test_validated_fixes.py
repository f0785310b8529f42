"""Every safe fix that the fixtures of tests/pages have, whatever writes it, is accepted by the program that will read it.

Documents are held against the vendor's own checker, before the fix and after it, in the cell that `batten fix` uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from batten import masking
from batten.engine.review import read
from batten.formats import Workspace, apply
from batten.model import Edit, Problem, Safety
from batten.policy import Policy
from batten.technologies import technologies
from needs import without
from test_pages import FIXTURES, WIRE, Example, examples, reviewed

CHECKED = ("apache", "caddy", "compose", "envoy", "haproxy", "kubernetes", "lighttpd", "nginx")
# What no checker is here for, and why the safe fixes there are believed all the same.
ELSEWHERE = {
    "cloudformation": "no program here deploys a template; the block is what the template reference shows",
    "github_actions": "test_workflow_permissions.py holds the workflows of the pages against the schema of workflows",
    "helm": "test_helm_itself.py renders what is written with helm, and Kubernetes' checker reads its objects",
    "kustomize": "kustomize is not here; what it would apply is checked as Kubernetes",
    "dockerfile": "COPY of a file that is no archive does what ADD does, says the Dockerfile reference; no builder runs here",
    "kong": "only the gateway itself checks its files, and no package of it is here",
    "terraform": "the program is not here; the block is what the provider's documentation shows",
    "php": "test_frameworks_running.py starts PHP with the file that the fix leaves",
    "traefik": "it has no checker; test_safe_fixes.py starts it with every one of these fixes",
}
# Custom resources (Traefik's, the Gateway API's), of which Kubernetes' own schemas say nothing.
CUSTOM = {("kubernetes", "cors-policy-defined"), ("kubernetes", "obsolete-header-absent")}
Safe = list[tuple[str, Edit]]
Block = tuple[str, Example, Safe]


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Block]]:
    """The `bad` blocks of each technology that have a safe fix, with the control that they are of."""
    found: dict[str, list[Block]] = defaultdict(list)
    root = tmp_path_factory.mktemp("empty")
    for fixture in sorted(FIXTURES.glob("*/*.md")):
        for example in examples(fixture):
            if example.kind == "bad" and example.language not in WIRE:
                safe = list(safe_edits(example, root))
                for owner in dict.fromkeys(owner for owner, _ in safe):
                    found[owner].append((fixture.parent.name, example, safe))
    return found


def safe_edits(example: Example, root: Path) -> Iterator[tuple[str, Edit]]:
    masking.forget()  # what one example holds is not masked in another
    found, result = reviewed(example, example.text, root)
    for finding in found:
        owner = finding.technology or getattr(result.owners.get(finding.at.source), "technology", "")
        if owner and finding.fix is not None and finding.fix.safety is Safety.SAFE:
            yield from ((owner, edit) for edit in finding.fix.edits)


def written(example: Example, safe: Safe, root: Path) -> tuple[Workspace, Workspace]:
    """The files of an example, and what its safe fixes make of them."""
    files = {**example.companions, example.path: example.text}
    edits = [edit for _, edit in safe]
    after = {
        name: apply(files.get(name, ""), [e for e in edits if e.source == name])
        for name in {*files, *(e.source for e in edits)}
    }
    return Workspace(root, files), Workspace(root, after)


@pytest.mark.parametrize("name", CHECKED)
def test_the_vendors_checker_accepts_every_safe_fix(
    name: str, blocks: dict[str, list[Block]], tmp_path: Path
) -> None:
    technology, agreed, asked = technologies()[name], set(), []
    for slug, example, safe in blocks[name]:
        before, after = written(example, safe, tmp_path)
        for unit in read(before, Policy()).units:
            if unit.technology == name and technology.validate(unit, before) is True:
                verdict = technology.validate(unit, after)
                assert not isinstance(verdict, Problem), (slug, verdict, after.text(example.path).text)
                agreed.add(slug)
            elif unit.technology == name:
                asked.append((slug, technology.validate(unit, before)))  # a part, or without its other files
    if not agreed:
        without(f"the checker of {technology.title}")
    unproved = {slug for slug, _, _ in blocks[name] if (name, slug) not in CUSTOM} - agreed
    assert not unproved, [one for one in asked if one[0] in unproved]


def test_every_technology_with_safe_fixes_is_checked_here_or_elsewhere(
    blocks: dict[str, list[Block]],
) -> None:
    assert set(blocks) == {*CHECKED, *ELSEWHERE}
