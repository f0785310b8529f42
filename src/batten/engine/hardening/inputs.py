"""What a deployment is made from: the contract with all its files, and the policy; and what of them a lock keeps."""

from __future__ import annotations

import os
from pathlib import Path

from batten import __version__
from batten.contract import Contract
from batten.engine.hardening.asked import Asked
from batten.engine.hardening.lock import VERSION, Lock, digest
from batten.files import Root
from batten.files.named import checkout_of
from batten.formats import Workspace
from batten.harden import HardenProblem, regions
from batten.harden.made import Made
from batten.model.record import record
from batten.policy import Policy
from batten.policy.policy import NAME as POLICY


@record(kw_only=True)
class Inputs:
    """`root` is where the policy holds; `contract_file` is the contract's first file, None for a target that needs none."""

    root: Path
    policy: Policy
    contract: Contract
    contract_file: Path | None


def lock_of(asked: Asked, inputs: Inputs, made: Made, output: Path) -> Lock:
    """The lock of what was rendered, for the folder `output`."""
    words = {name: getattr(asked, name) for name in asked.__struct_fields__}
    named = _relative(inputs.contract_file, output) if inputs.contract_file else ""
    return Lock(
        version=VERSION,
        batten=__version__,
        asked=Asked(**{**words, "contract": named}),
        root=_relative(inputs.root, output),
        contract=contract_digests(inputs),
        policy=policy_digests(inputs),
        files={path: digest(regions.emptied(path, made.files[path])) for path in sorted(made.files)},
        secrets=tuple(secret.path for secret in made.secrets),
        images=dict(sorted((made.images or {}).items())),
    )


def contract_digests(inputs: Inputs) -> dict[str, str]:
    """The digest of each file of the contract, by its path below the first one's folder."""
    if inputs.contract_file is None:
        return {}
    workspace = Workspace(inputs.contract_file.parent)
    return {path: digest(workspace.data(path)) for path in sorted(inputs.contract.files)}


def policy_digests(inputs: Inputs) -> dict[str, str]:
    """The digest of batten.yaml, if there is one."""
    root = Root(inputs.root)
    return {POLICY: digest(root.read(POLICY))} if root.exists(POLICY) else {}


def _relative(path: Path, output: Path) -> str:
    return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(output))).as_posix()


def recorded(output: Path, relative: str) -> Path:
    """The place that a lock names. It is followed within the checkouts around the lock and around the folder in which
    batten runs, and nowhere else. Raises HardenProblem."""
    real = Path(os.path.realpath(output))
    found = Path(os.path.realpath(os.path.normpath(real / relative)))
    around = (checkout_of(real), checkout_of(Path.cwd()))
    if not any(found.is_relative_to(os.path.realpath(folder)) for folder in around):
        raise HardenProblem(
            f"the lock file names {relative}, which is outside of this checkout; pass --contract FILE"
        )
    return found
