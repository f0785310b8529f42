"""Folders whose names look like those of developers, tests and examples, and that batten does not take for such."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.engine.draft.evidence import Find
from batten.engine.review import Review
from batten.model import Context
from batten.model.record import record

_WORDS = {
    Context.DEVELOPMENT: "playground playgrounds sandbox scratch hack vagrant minikube kind localstack tilt devstack devbox",
    Context.TEST: "loadtest loadtests stress smoke perf benchmark benchmarks bench acceptance functional",
    Context.EXAMPLE: "poc pocs prototype prototypes spike spikes boilerplate skeleton starter",
}
_MORE = {word: context for context, words in _WORDS.items() for word in words.split()}
# Words that say nothing of what a folder is for.
_SILENT = """
env envs environment environments setup infra infrastructure docker compose container containers k8s kubernetes helm
deploy deployment stack stacks data suite suites config configs conf cluster server servers app apps application
applications service services project projects old new only my the and for of with
"""
_NEUTRAL = frozenset(_SILENT.split())
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)


@record
class Folders:
    """Rows of `contexts:`. `likely` have another word in their name, which may be a product's: they are for people."""

    sure: tuple[tuple[Find, Context], ...]
    likely: tuple[tuple[Find, Context], ...]


def folders(result: Review) -> Folders:
    """The outermost folders of that kind that hold files which were read."""
    sure: dict[str, tuple[Find, Context]] = {}
    likely: dict[str, tuple[Find, Context]] = {}
    for path in sorted(result.owners):
        if result.contexts.of_path(path) is not Context.PRODUCTION:
            continue
        for folder, context, certain in _looks(path):
            rows = sure if certain else likely
            rows.setdefault(folder, (Find(f"{folder}/**", (f"{folder}/",), "by its name"), context))
            break
    return Folders(tuple(sure.values()), tuple(likely.values()))


def _looks(path: str) -> Iterator[tuple[str, Context, bool]]:
    *above, _ = path.split("/")
    for number, name in enumerate(above, 1):
        found = _meant(name.lower())
        folder = "/".join(above[:number])
        if found is not None and _PLAIN.fullmatch(folder):
            yield folder, *found


def _meant(name: str) -> tuple[Context, bool] | None:
    """The context of a folder's name, and whether every word of it agrees."""
    words = [w for w in re.split(r"[-_. ]+|\d+", name) if w]
    known = [c for w in words if (c := Context.named(w) or _MORE.get(w)) and c is not Context.VENDORED]
    rest = [w for w in words if w not in _NEUTRAL and not (Context.named(w) or _MORE.get(w))]
    if not known or (name in ("specs", "spec")):
        return None
    return known[0], not rest
