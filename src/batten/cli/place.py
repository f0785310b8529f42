"""What a command is about: the folder, the files in it, and the policy that holds there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

from batten.cli.options import loads_controls
from batten.cli.output import stop, tell
from batten.controls import registered
from batten.files import Root
from batten.files.named import checkout_of
from batten.files.state import unfinished
from batten.model import Context
from batten.policy import Policy, PolicyProblem, find_policy
from batten.policy.advising import Source
from batten.policy.nearest import asked


def place(
    paths: tuple[Path, ...], contexts: tuple[str, ...] = (), source: Source | None = None
) -> tuple[Path, tuple[str, ...], Policy]:
    """The root, the paths below it (none: all of it), and the policy that holds there; findings of
    `contexts` count, and packages are compared with the advisories of `source`.
    """
    asked = [p.absolute() for p in paths] or [Path.cwd()]
    for path in asked:
        if not path.exists():
            stop(f"there is no {path}; name a file or folder that exists")
    common = Path(os.path.commonpath(asked))
    start = common if common.is_dir() else common.parent
    found = find_policy(start)
    policy = (_policy(found) if found else Policy()).counting(map(Context, contexts))
    policy = policy.compared_with(source)
    root = found.parent if found else start
    for path in asked:
        _stays(path, root)
    tell_recovered(root)
    only = tuple(p.resolve().relative_to(root.resolve()).as_posix() for p in asked)
    return root, () if "." in only else only, policy


def _stays(path: Path, root: Path) -> None:
    """Stop where a link of the checkout leads out of it: what lies there was not meant to be read."""
    for around in {root, checkout_of(path)}:
        if path.is_relative_to(around) and not path.resolve().is_relative_to(around.resolve()):
            stop(
                f"{path} leads out of {around} through a symbolic link; name {path.resolve()} if you mean that folder"
            )


def tell_recovered(root: Path, undoing: str = "batten fix --undo") -> None:
    """Clean up after a command that was killed while it wrote, and say how far it had come."""
    recover = import_module("batten.engine.journal").recover if unfinished(root) else None
    found = recover(Root(root)) if recover is not None else None
    if found is not None:
        after = f"; `{undoing}` restores them" if found.new else ""
        many = f"{found.new} of {found.new + found.old} files were written{after}"
        tell(f"batten: an earlier run was interrupted: {many}")


def named(slugs: tuple[str, ...], policy: Policy) -> frozenset[str]:
    """The controls that --control named. Stops at a name that there is not."""
    own = {row.slug for row in policy.custom}
    known_controls(slug for slug in slugs if slug not in own)
    return frozenset(slugs)


def known_controls(slugs: Iterable[str], place: str = "") -> None:
    """Stop at a name that no control has, with those that are like it."""
    from batten.engine.named import unknown_controls

    for slug, near in unknown_controls(slugs):
        stop(f"{place}there is no control '{slug}'; {asked(near) or '`batten controls` lists all'}")


def _known_to(policy: Policy, path: Path) -> None:
    """Stop where batten.yaml names a control that there is not: what it says would be without effect."""
    own = {row.slug for row in policy.custom}
    for slug, line in policy.named:
        if slug not in own:
            known_controls((slug,), f"{path.name}:{line}: ")


def _contracts(policy: Policy, path: Path) -> None:
    """Stop where batten.yaml names a contract that is not there: an API without it would be judged by what is left."""
    if not policy.documents:
        return
    from batten.formats import Workspace

    workspace = Workspace(path.parent)
    for name, line in policy.documents:
        if not workspace.exists(name):
            from batten.engine.named import contracts_below, like_contract

            hint = like_contract(name, contracts_below(workspace, policy.ignore))
            stop(f"{path.name}:{line}: there is no contract '{name}' below {path.parent}; {hint}")


def _policy(path: Path) -> Policy:
    load_policy = import_module("batten.policy.load").load_policy  # brings the YAML reader along
    try:
        policy = cast(Policy, load_policy(path))
    except PolicyProblem as error:
        stop(str(error))
    _contracts(policy, path)
    if loads_controls():
        _known_to(policy, path)
    taken = {c.slug for c in registered()} if policy.custom else set()
    for row in policy.custom:
        if row.slug in taken:
            stop(f"{path}: '{row.slug}' is a built-in control; choose another name")
    return policy
