"""Mixed trees of configuration files for benchmarks, no two files alike: blocks of the control pages, joined to the size that
people write, and the example's files, each with names of its own. Deterministic."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
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
EXAMPLE = {
    "nginx": "nginx/nginx.conf",
    "compose": "compose.yaml",
    "dockerfile": "Dockerfile",
    "openapi": "openapi.yaml",
    "redis": "valkey/valkey.conf",
    "terraform": "terraform/bucket.tf",
}  # other kinds have blocks only
_OF_BATTEN = ("config-parses", "waiver-current")  # broken files and comments to batten: no peer's matter
MOST = 8  # blocks that are joined to a file
# What people name: a file's own number behind it makes another name of it, wherever it stands in the file.
_NAMED = re.compile(r"\b(orders|shop|invoices|customers|api|web|app|db|uploads|reports|example)\b(?=[\"'._\s;:/}-])(?!\.k8s|/v\d|:\s|Version)")  # fmt: skip
_SEPARATE = re.compile(r"^(?=(?:server|http|events|stream|upstream|map|worker_\w+)\b)")


def blocks() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for page in sorted((ROOT / "tests" / "pages").glob("*/*.md")):
        if page.parent.name in _OF_BATTEN:
            continue
        for match in FENCE.finditer(page.read_text()):
            if match["language"] in found and "file=" not in match["info"] and match["info"].strip():
                found[match["language"]].append(match["text"])
    return found


def _terraform(chosen: list[str], number: int) -> str:
    """Blocks with resources of names of their own, for a module may not have two of one name."""
    named = r'(?m)^((?:resource|data) "\w+" ")(\w+)"'
    return "\n".join(re.sub(named, rf'\g<1>\g<2>_{number}_{i}"', text) for i, text in enumerate(chosen))


def _nginx(chosen: list[str], number: int) -> str:
    """Whole configurations as they are; servers together in one `http`; the rest in a server of their own."""
    if chosen[0].lstrip().startswith(("http", "events", "worker_", "user ", "stream")):
        return chosen[0]
    servers = [text for text in chosen if _SEPARATE.match(text.lstrip())]
    inner = "\n".join(servers or [f"server {{\nlisten 443 ssl;\n{chosen[0]}\n}}"])
    return f"events {{}}\nhttp {{\n{inner}\n}}\n"


_JOINED: dict[str, Callable[[list[str], int], str]] = {
    "terraform": _terraform,
    "nginx": _nginx,
    "kubernetes": lambda chosen, _: "---\n".join(chosen),
}


def _row(name: str, known: list[str], example: str) -> Iterator[str]:
    """Endless files of a kind: of blocks, and one in three is the example's."""
    dice = random.Random(name)
    for number in range(1 << 30):
        if (example and number % 3 == 0) or not known:
            text = example
        elif name in _JOINED:
            text = _JOINED[name](dice.sample(known, dice.randint(1, MOST)), number)
        else:
            text = dice.choice(known)
        yield _NAMED.sub(lambda named, own=number: f"{named[0]}{own}", text)  # type: ignore[misc]


def write_corpus(folder: Path, files: int, kinds: Iterable[str] = NAMES) -> int:
    """`files` files of these kinds in folders of one each; returns the bytes written."""
    wanted = set(kinds)
    texts = {
        name: _row(name, known, (ROOT / "examples" / "orders" / EXAMPLE[name]).read_text() if name in EXAMPLE else "")
        for name, known in blocks().items()
        if name in wanted
    }  # fmt: skip
    order = cycle([name for name in texts for _ in range(NAMES[name][1])])
    size = 0
    for number, name in enumerate(islice(order, files)):
        place = folder / f"service-{number:05}"
        place.mkdir(parents=True)
        text = next(texts[name])
        (place / NAMES[name][0]).write_text(text)
        size += len(text.encode())
    return size
