"""An estate to look at: the example in three stages, each as tight as what `batten fix` makes of it, and the service itself."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from batten.engine.fix import Wish, plan
from batten.files.named import write_folder
from batten.files.own import own_tree
from batten.formats import Workspace
from batten.model import Safety
from batten.policy.load import load_policy
from batten.policy.policy import NAME
from batten.watch.model import MINUTE, Environment, Source
from batten.watch.store import environments, teams

# In the order in which a change travels: what developers fixed has not reached production.
STAGES: dict[str, frozenset[Safety]] = {
    "dev": frozenset((Safety.SAFE, Safety.RISKY)),
    "staging": frozenset((Safety.SAFE,)),
    "production": frozenset(),
}
_KEPT = (
    "Dockerfile",
    "batten.yaml",
    "compose.yaml",
    "openapi.yaml",
    "app/",
    "nginx/",
    "terraform/",
    "valkey/",
)


def lay_out(folder: Path) -> dict[str, Path]:
    """Write the example once for each stage; returns their folders. Raises OSError."""
    made = {}
    for stage, accepted in STAGES.items():
        made[stage] = folder / stage
        write_folder(made[stage], example(), force=True)
        if accepted:
            policy = load_policy(made[stage] / NAME)
            fixed = plan(Workspace(made[stage]), policy, Wish(accepted, validate=False)).texts
            write_folder(made[stage], {path: text.encode() for path, text in fixed.items()}, force=True)
    return made


def example() -> dict[str, bytes]:
    """The files of the example, from the wheel or from the checkout that batten is installed from."""
    found = own_tree("example") or own_tree("../../examples/orders")
    return {path: data for path, data in found.items() if path.startswith(_KEPT)}


def settle_in(db: Connection, folders: dict[str, Path], url: str, now: int) -> None:
    """Write the demo's environments; `url` is where the service itself is assessed. All are due at once."""
    team = teams.named(db, "demo")
    for place, (stage, folder) in enumerate(folders.items()):
        settings = {"url": str(folder)}
        environments.add(
            db,
            Environment(
                team=team, service="orders", stage=stage, place=place, source=Source.REPOSITORY, settings=settings,
                schedule="15m", created=now, due=now,
            ),
        )  # fmt: skip
    itself = Environment(
        team=team, service="batten-watch", stage="production", place=2, source=Source.LIVE, settings={"url": url},
        schedule="15m", objective=60 * MINUTE, created=now, due=now + MINUTE // 6,
    )  # fmt: skip
    environments.add(db, itself)
