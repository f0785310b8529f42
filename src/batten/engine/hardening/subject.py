"""What is proved: a deployment in its folder, what it was rendered from, and the edge that is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from batten.engine.environments import Progress
from batten.engine.hardening import rendering
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.output import existing
from batten.engine.hardening.proof import Taken, Verdict
from batten.formats import Workspace
from batten.harden import Options, regions, targets
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.trial import Lack
from batten.model.record import record
from batten.policy import Environment

BELOW = "edge/"  # the folder of a deployment's edge
Said = tuple[Verdict, tuple[str, ...]]
Announce = Callable[[Taken], None]


def direct(options: Options) -> Options:
    """For connections without the PROXY protocol, which calls and probe do not use."""
    return replace(options, proxies=(), proxy_protocol=False) if options.proxy_protocol else options


@record(kw_only=True)
class Subject:
    """What is proved: the files in `folder`. `upstream` is the environment of the real API, None where none is given.
    `active` also plays calls that may change data to an application that is started for the proof; `pull` lets Docker get
    images that are not here."""

    target: str
    intent: Intent
    made: Made
    inputs: Inputs
    folder: Path
    upstream: Environment | None
    active: bool = False
    pull: bool = False
    progress: Progress = lambda line: None

    def again(self) -> Made:
        """The target rendered once more, with what people wrote into the regions of the files."""
        return self.rendered(self.intent)

    def rendered(self, intent: Intent) -> Made:
        """The target for another intent, with the same regions."""
        return self._with_regions(rendering.render(self.target, intent), "")

    @property
    def edge(self) -> EdgePart | None:
        """The edge that it consists of, or that is in it."""
        found = targets.edge_placed(self.target, self.intent)
        return None if found is None else EdgePart(*found, "" if self.target in targets.EDGES else BELOW)

    def render(self, part: EdgePart, intent: Intent) -> Made:
        """The edge for another intent, with what people wrote into its regions."""
        return self._with_regions(targets.configuration(part.engine, intent), part.below)

    def _with_regions(self, made: Made, below: str) -> Made:
        workspace = Workspace(self.folder)
        texts = {path: _kept(workspace, f"{below}{path}", text) for path, text in made.files.items()}
        return Made(texts, made.secrets, made.notes, made.images)


@record
class EdgePart:
    """An edge, what it is rendered from, and the folder in which its files are."""

    engine: str
    intent: Intent
    below: str

    @property
    def lacks(self) -> frozenset[Lack]:
        found = targets.launch_of(self.engine).lacks
        return found if self.intent.edge.kinds else found - {Lack.KINDS}


def _kept(workspace: Workspace, path: str, text: str) -> str:
    old = existing(workspace, path)
    return text if old is None else regions.kept(path, text, old)
