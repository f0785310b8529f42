"""Wikis, by the programs that their vendors ship."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served
from product_cases import PASSWORD, Case


@contextmanager
def _tiddlywiki(folder: Path, port: int, *options: str) -> Iterator[None]:
    wiki = {"plugins": ["tiddlywiki/tiddlyweb", "tiddlywiki/filesystem"], "themes": ["tiddlywiki/vanilla"]}
    (folder / "tiddlywiki.info").write_text(json.dumps(wiki))
    with served(folder, port, "tiddlywiki", "tiddlywiki", ".", "--listen", f"port={port}", *options):
        yield


CASES = (
    Case(
        product="TiddlyWiki server",
        opened=lambda f, p: _tiddlywiki(f, p),
        locked=lambda f, p: _tiddlywiki(f, p, "username=u", f"password={PASSWORD}"),
        ci=True,
    ),
)
