"""A mixed tree of configuration files for benchmarks: half are the example's files, of the size that people
write, half are blocks of the control pages, which are small and full of findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
# Shares of a repository that deploys an API, by the language of a page's block: file name, weight.
NAMES = {
    "nginx": ("nginx.conf", 2),
    "compose": ("compose.yaml", 3),
    "dockerfile": ("Dockerfile", 3),
    "openapi": ("openapi.yaml", 2),
    "redis": ("redis.conf", 1),
    "terraform": ("main.tf", 3),
    "kubernetes": ("manifests.yaml", 4),
    "cloudformation": ("template.yaml", 2),
}


def blocks() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for page in sorted((ROOT / "tests" / "pages").glob("*/*.md")):
        for match in FENCE.finditer(page.read_text()):
            if match["language"] in found and "file=" not in match["info"] and match["info"].strip():
                found[match["language"]].append(match["text"])
    return found


EXAMPLE = {
    "nginx": "nginx/nginx.conf",
    "compose": "compose.yaml",
    "dockerfile": "Dockerfile",
    "openapi": "openapi.yaml",
    "redis": "valkey/valkey.conf",
    "terraform": "terraform/bucket.tf",
}  # other kinds have blocks only


def texts_of(found: dict[str, list[str]]) -> dict[str, Iterator[str]]:
    """For each kind of file, an endless row of texts: block, example, block, example …"""
    return {name: _row(name, blocks) for name, blocks in found.items() if blocks or name in EXAMPLE}


def _row(name: str, blocks: list[str]) -> Iterator[str]:
    example = (ROOT / "examples" / "orders" / EXAMPLE[name]).read_text() if name in EXAMPLE else ""
    for block in cycle(blocks or [example]):
        yield block
        if example:
            yield example


def write_corpus(folder: Path, files: int, kinds: Iterable[str] = NAMES, whole: bool = False) -> int:
    """`files` files of these kinds in folders of one each; returns the bytes written. Deterministic.
    `whole`: only files of the size that people write, no blocks of pages."""
    wanted = set(kinds)
    known = {name: [] for name in EXAMPLE} if whole else blocks()
    texts = {name: row for name, row in texts_of(known).items() if name in wanted}
    order = cycle([name for name in texts for _ in range(NAMES[name][1])])
    size = 0
    for number, name in enumerate(islice(order, files)):
        place = folder / f"service-{number:05}"
        place.mkdir(parents=True)
        text = next(texts[name])
        (place / NAMES[name][0]).write_text(text)
        size += len(text.encode())
    return size
