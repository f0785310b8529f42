"""Files, consoles and listings of the catalogue, told by their content from pages that answer to everything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Endpoint, ExposedFile, Fact
from batten.live.baseline import alike
from batten.live.catalogue import ITEMS
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Response, Steps, attempt
from batten.live.probes.endpoints import undocumented
from batten.live.reading import error_facts, exposure
from batten.live.survey import NOWHERE, Survey

CHUNK = 12  # paths a probe asks for, after one that does not exist
_ASKED = re.compile(r"\b(?:curl|wget|http|https|httpie|xh)\b")
_WRITES = re.compile(
    r"(?:-X\s*|--request[ =]|\bhttps? )(?:POST|PUT|PATCH|DELETE)\b|\s(?:-d|--data\S*|-F|-T)\s"
)
_URL = re.compile(r"https?://[^\s/'\"]+(/[^\s'\"?#|;&>]*)|(?<=\s)(/[\w./-]+)")


def plan(survey: Survey) -> Iterator[Probe]:
    paths = list(dict.fromkeys(path for item in ITEMS for path in item.paths))
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    roots = [path for folder in sorted(folders) for path in folders[folder]]
    for start in range(0, len(roots), CHUNK):
        chunk = roots[start : start + CHUNK]
        yield Probe(f"files {chunk[0]} … {chunk[-1]}", _files(survey, chunk))


def _files(survey: Survey, paths: list[str]) -> Steps:
    found: list[Fact | NotAnswered] = []
    nothing = yield from attempt(survey.at_root(f"/.{NOWHERE}"))
    if isinstance(nothing, NotAnswered):
        return [nothing]
    for path in paths:
        response = yield from attempt(survey.at_root("/", target=path))
        if isinstance(response, NotAnswered):
            found.append(response)
        elif response.status == 200 and not alike(response, nothing):
            shown = list(exposure(response))
            found += [fact for fact in shown if not _documented(survey, fact)]
            if any(isinstance(f, ExposedFile) and f.kind == "shell history" for f in shown):
                found += yield from undocumented(
                    survey, named_in_history(response), "named in a shell history"
                )
        elif response.status >= 500:
            found += [fact for fact in error_facts(sight(response)) if fact.leaks]
    return found


def _documented(survey: Survey, fact: Fact) -> bool:
    """What the contract lists is meant to answer; batten only says what nobody decided."""
    return isinstance(fact, Endpoint) and bool(survey.match(fact.method, fact.path))


def named_in_history(response: Response) -> list[str]:
    """Paths that somebody asked for by hand, without those that he wrote to."""
    lines = [
        line for line in response.text.splitlines()[:2000] if _ASKED.search(line) and not _WRITES.search(line)
    ]
    paths = (m[1] or m[2] for line in lines for m in _URL.finditer(line))
    return list(dict.fromkeys(p for p in paths if p and len(p) > 1))[:20]
