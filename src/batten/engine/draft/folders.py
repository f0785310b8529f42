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
# Of these, words that what runs in production may be called, too.
_DOUBTFUL = frozenset(
    ("sandbox", "functional", "acceptance", "smoke", "stress", "starter", "skeleton", "spike", "spikes")
)
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
    words = [_without_number(word) for word in re.split(r"[-_. ]+", name) if word]
    kinds = {word: Context.named(word) or _MORE.get(word) for word in words}
    found = [kind for kind in kinds.values() if kind not in (None, Context.VENDORED)]
    if not found or found[0] is None or name in ("spec", "specs"):
        return None
    sure = all(kind is not None or word in _NEUTRAL for word, kind in kinds.items())
    return found[0], sure and _DOUBTFUL.isdisjoint(words)


def _without_number(word: str) -> str:
    return word if Context.named(word) else word.rstrip("0123456789")
