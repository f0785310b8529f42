"""schemathesis against an application alone and behind an edge: what it finds behind the edge only, the edge has done."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from deployments import CONTRACTS, named
from faithful import TOKEN

from batten.contract import Contract
from batten.engine.hardening.edge_alone import program_of
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import Trial, trial
from needs import without

PROGRAM = Path(__file__).parents[3] / ".judges/schemathesis/venv/bin/schemathesis"
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PROBLEM = "application/problem+json"
# What an edge answers itself, whatever the contract documents.
OWN = ("400", "404", "405", "413", "414", "429", "431")
# A problem document of an edge's (RFC 9457).
DOCUMENT = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
    },
}
# A request that is wrong may be too large before it is anything else.
SETTINGS = """[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429", "431"]
"""


@dataclass(frozen=True, kw_only=True)
class Found:
    """`failures` are schemathesis' codes with the operation; `said` is all that it printed."""

    failures: frozenset[tuple[str, str]]
    errors: int
    cases: int
    said: str


def amended(source: Path, folder: Path) -> Path:
    """A copy of a contract whose operations document what an edge answers itself; of a status that they document already nothing is
    changed. The path of its first file."""
    for path in sorted(source.rglob("*.yaml")):
        if path.name == "batten.yaml":
            continue
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for operation in _operations(document):
            _amend(operation)
        there = folder / path.relative_to(source)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(yaml.safe_dump(document, sort_keys=False, width=1_000), encoding="utf-8")
    return folder / "openapi.yaml"


def _operations(value: Any) -> Iterator[dict[str, Any]]:
    """Everything below a verb that has answers."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in VERBS and isinstance(each, dict) and isinstance(each.get("responses"), dict):
                yield each
            else:
                yield from _operations(each)


def _amend(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    ranges = {str(name)[0] for name in responses if re.fullmatch("[1-5]XX", str(name))}
    for status in OWN:
        if status not in map(str, responses) and status[0] not in ranges and "default" not in responses:
            responses[status] = {"description": "The edge's own.", "content": {PROBLEM: {"schema": DOCUMENT}}}


def settings_for(contract: Contract) -> str:
    """Of schemathesis, with a credential for each scheme of the contract."""
    found = SETTINGS
    for scheme in contract.schemes:
        kind = "api_key" if scheme.kind == "apiKey" else "bearer"
        if kind == "api_key" or scheme.scheme == "bearer":
            found += f'[auth.openapi.{scheme.name}]\n{kind} = "{TOKEN}"\n'
    return found


def _headers(contract: Contract) -> Iterator[str]:
    """For the schemes that schemathesis has no setting for."""
    if any(scheme.kind in ("oauth2", "openIdConnect") for scheme in contract.schemes):
        yield from ("-H", f"Authorization: Bearer {TOKEN}")


def found_at(url: str, name: str, folder: Path, examples: int, *more: str) -> Found:
    """What schemathesis finds there of one of CONTRACTS, by all of its checks and with the same seed at each place."""
    if not PROGRAM.is_file():
        without("schemathesis", "run tools/products.py --judges")
    contract = named(name)[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schemathesis.toml").write_text(settings_for(contract), encoding="utf-8")
    report = folder / "report.json"
    command = [str(PROGRAM), "--config-file", str(folder / "schemathesis.toml"), "run", str(amended(CONTRACTS[name], folder / "contract")),
               "--url", url, "--max-examples", str(examples), "--seed", "1", "--no-color", "--generation-database", "none",
               "--continue-on-failure", "--report", "json", "--report-json-path", str(report), *_headers(contract), *more]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=3_000, check=False)
    assert report.is_file(), done.stdout[-2_000:] + done.stderr[-2_000:]
    return _found(json.loads(report.read_text(encoding="utf-8")), done.stdout)


def _found(report: Any, said: str) -> Found:
    operations = report["operations"]
    assert report["complete"] and operations["tested"] == operations["selected"] > 0, said
    failures = {(row["code"], operation) for row in report["failures"] for operation in row["operations"]}
    return Found(
        failures=frozenset(failures),
        errors=sum(row["count"] for row in report["errors"]),
        cases=report["test_cases"]["generated"],
        said=said,
    )


@contextmanager
def edge_before(engine: str, name: str, port: int) -> Iterator[Trial]:
    """An edge for one of CONTRACTS in front of what answers at the port."""
    contract, policy = named(name)
    program = program_of(engine) or without(engine)
    options = Options(upstream=f"http://127.0.0.1:{port}", rate=100_000, connections=1_000)
    intent = Intent(contract, policy, options)
    with trial(launch_of(engine), program, intent, lambda placed: render(engine, placed)) as started:
        yield started


def behind(trial: Trial, name: str, folder: Path, examples: int, *more: str) -> Found:
    """What is found through a running edge, over TLS."""
    return found_at(trial.url, name, folder, examples, "--tls-verify", str(trial.ca), *more)
