"""What a command is about: the folder, the files in it, and the policy that holds there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from batten.cli.options import loads_controls
from batten.cli.output import stop, tell
from batten.controls import CUSTOM, registered
from batten.files import Root
from batten.files.named import checkout_of
from batten.files.state import unfinished
from batten.model import Context
from batten.policy import NAME, Policy, PolicyProblem, find_policy
from batten.policy.advising import Source
from batten.policy.nearest import asked

WORK_TREE = "."  # what --policy-from calls the files as they are: no revision has this name


def place(
    paths: tuple[Path, ...], contexts: tuple[str, ...] = (), source: Source | None = None
) -> tuple[Path, tuple[str, ...], Policy]:
    """The root, the paths below it (none: all of it), and the policy that holds there; findings of
    `contexts` count, and packages are compared with the advisories of `source`.
    """
    start, wanted = started(paths)
    found = find_policy(start)
    policy = (_policy(found) if found else Policy()).counting(map(Context, contexts))
    policy = policy.compared_with(source)
    root = found.parent if found else start
    return root, inside(wanted, root), policy


def started(paths: tuple[Path, ...]) -> tuple[Path, list[Path]]:
    """The innermost folder that holds all of the paths, and their absolute paths. Stops at one that is not there."""
    wanted = [p.absolute() for p in paths] or [Path.cwd()]
    for path in wanted:
        if not path.exists():
            stop(f"there is no {path}; name a file or folder that exists")
    common = Path(os.path.commonpath(wanted))
    return common if common.is_dir() else common.parent, wanted


def inside(wanted: list[Path], root: Path) -> tuple[str, ...]:
    """The paths as they are below the root; none where it is one of them."""
    for path in wanted:
        # Stop where a link of the checkout leads out of it: what lies there was not meant to be read.
        for around in {root, checkout_of(path)}:
            if path.is_relative_to(around) and not path.resolve().is_relative_to(around.resolve()):
                stop(
                    f"{path} leads out of {around} through a symbolic link; name {path.resolve()} if you mean that folder"
                )
    tell_recovered(root)
    only = tuple(p.resolve().relative_to(root.resolve()).as_posix() for p in wanted)
    return () if "." in only else only


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


def _complaints(policy: Policy, root: Path, name: str) -> Iterator[str]:
    """What makes a policy unusable here: names of controls that there are not, contracts that are not there, and slugs of its
    own that are taken. What such rows say would be without effect. `name` is what its file is called."""
    if policy.documents:
        yield from _contracts(policy, root, name)
    own = {row.slug for row in policy.custom}
    if loads_controls():
        from batten.engine.named import unknown_controls

        for slug, line in policy.named:
            for _, near in unknown_controls((slug,) if slug not in own else ()):
                hint = asked(near) or "`batten controls` lists all"
                yield f"{name}:{line}: there is no control '{slug}'; {hint}"
    taken = {c.slug for c in registered() if c.family != CUSTOM} if own else set()
    for slug in sorted(own & taken):
        yield f"{root / name}: '{slug}' is a built-in control; choose another name"


def _contracts(policy: Policy, root: Path, name: str) -> Iterator[str]:
    """The contracts that are not there: an API without it would be judged by what is left."""
    from batten.formats import Workspace

    workspace = Workspace(root)
    for document, line in policy.documents:
        if not workspace.exists(document):
            from batten.engine.named import contracts_below, like_contract

            hint = like_contract(document, contracts_below(workspace, policy.ignore))
            yield f"{name}:{line}: there is no contract '{document}' below {root}; {hint}"


def usable(policy: Policy, root: Path, name: str = NAME) -> Policy:
    """The policy. Raises PolicyProblem where something of it has no effect here."""
    complaint = next(_complaints(policy, root, name), None)
    if complaint is not None:
        raise PolicyProblem(complaint)
    return policy


def policy_in(path: Path) -> Policy:
    """The policy in a file, usable here. Raises PolicyProblem."""
    load_policy = import_module("batten.policy.load").load_policy  # brings the YAML reader along
    return usable(cast(Policy, load_policy(path)), path.parent, path.name)


def _policy(path: Path) -> Policy:
    try:
        return policy_in(path)
    except PolicyProblem as error:
        stop(str(error))
