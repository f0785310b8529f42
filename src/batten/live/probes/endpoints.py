"""What answers although the contract does not list it: from documents that the API gives away, from what
a shell history names, and from a few names that are often there."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator

from batten.facts import Endpoint, Fact
from batten.live.baseline import alike
from batten.live.evidence import sight
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Response, Steps, attempt
from batten.live.proofs import api_schema
from batten.live.survey import CHANGES, NOWHERE, Survey
from batten.model import Setting

SCHEMAS = ("/openapi.json", "/swagger.json", "/v3/api-docs", "/api/openapi.json", "/swagger/v1/swagger.json")
NAMES = (
    "admin",
    "internal",
    "debug",
    "private",
    "export",
    "users",
    "config",
    "backup",
    "test",
    "dump",
    "console",
)
_VARIABLE = re.compile(r"\{[^}]*\}")

Found = Generator[Question, Answer, list[Fact | NotAnswered]]


def plan(survey: Survey) -> Iterator[Probe]:
    if not survey.documented:
        return
    for path in SCHEMAS:
        yield Probe(f"endpoints of {path}", _schema(survey, path))
    for prefix in _prefixes(survey):
        paths = [f"{prefix}/{name}" for name in NAMES]
        yield Probe(f"endpoints below {prefix or '/'}", undocumented(survey, paths, "", surely=True))


def _prefixes(survey: Survey) -> list[str]:
    """The folders that documented paths are in, outermost first: "", "/v1"."""
    found = {""}
    for template in survey.verbs:
        first = template.split("/")[1]
        if template.count("/") > 1 and "{" not in first:
            found.add(f"/{first}")
    return sorted(found)[:6]


def _schema(survey: Survey, path: str) -> Steps:
    """The paths of a schema that the API serves, held against the contract it is meant to have."""
    response = yield from attempt(survey.at_root(path))
    if isinstance(response, NotAnswered):
        return [response]
    if not api_schema(response):
        return []
    return (yield from undocumented(survey, _readable(response), f"in {path}"))


def _readable(response: Response) -> list[str]:
    """Paths with a GET, their parameters filled in with 1."""
    try:
        paths = json.loads(response.text).get("paths", {})
    except ValueError:
        return []
    if not isinstance(paths, dict):
        return []
    return [_VARIABLE.sub("1", p) for p, item in paths.items() if isinstance(item, dict) and "get" in item][
        :50
    ]


def undocumented(survey: Survey, paths: Iterable[str], source: str, surely: bool = False) -> Found:
    """Ask for paths that the contract lacks, and compare with a path beside each that nobody has.

    `surely`: the path is only guessed, so nothing short of success counts.
    """
    found: list[Fact | NotAnswered] = []
    nothing: dict[str, Response | NotAnswered] = {}
    for path in paths:
        if survey.match("GET", path) or CHANGES.search(path) or not survey.documented:
            continue
        folder = path.rstrip("/").rpartition("/")[0]
        if folder not in nothing:
            nothing[folder] = yield from attempt(survey.at_root(f"{folder}/{NOWHERE}"))
        baseline = nothing[folder]
        response = yield from attempt(survey.at_root(path))
        failed = next((r for r in (baseline, response) if isinstance(r, NotAnswered)), None)
        if failed is not None:
            found.append(failed)
        elif (
            isinstance(response, Response)
            and isinstance(baseline, Response)
            and _answers(response, baseline, surely)
        ):
            found.append(_endpoint(response, path, source))
    return found


def _answers(response: Response, baseline: Response, surely: bool) -> bool:
    there = range(200, 300) if surely else (*range(200, 300), 401, 422)
    return response.status in there and not alike(response, baseline)


def _endpoint(response: Response, path: str, source: str) -> Endpoint:
    # What a path that nobody knows of answers is likely private: its size says enough.
    at = sight(response, f"({len(response.body)} bytes, left out)").at("response")
    return Endpoint(at, "GET", path, "undocumented", source, Setting(False, at))
