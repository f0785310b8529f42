"""Programs that nobody here wrote, what each has against a folder, and which of that a waiver of ours answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from batten.technologies.edges.envoy.validator import envoy
from batten.technologies.edges.haproxy.validator import haproxy
from batten.technologies.orchestration.compose.validator import compose
from needs import where
from proofs import PROOF

HERE = Path(__file__).parent
APART = Path(__file__).parents[3] / ".judges"


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """`path` is relative to the folder that is judged; `rule` is the tool's own name for it."""

    path: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """What a tool says of files that match `path`, and why it is wrong there."""

    tool: str
    rule: str
    path: str
    reason: str

    def answers(self, verdict: Verdict) -> bool:
        return verdict.rule == self.rule and fnmatchcase(verdict.path, self.path)


Judging = Callable[[str, Path], Iterable[Verdict]]


@dataclass(frozen=True, slots=True)
class Judge:
    """`of` gets the program and a folder; `finds` are rules that it must find in INSECURE."""

    program: Callable[[], str]
    of: Judging
    finds: frozenset[str]
    how: str = "run tools/servers.sh"


def waivers() -> list[Waiver]:
    return [Waiver(**row) for row in yaml.safe_load((HERE / "waivers.yaml").read_text(encoding="utf-8"))]


def unanswered(tool: str, verdicts: Iterable[Verdict], rows: Iterable[Waiver]) -> tuple[list[str], list[str]]:
    """What no waiver answers, and the waivers that answer nothing."""
    found, own = sorted(set(verdicts)), [row for row in rows if row.tool == tool]
    left = [f"{v.path}: {v.rule}: {v.message}" for v in found if not any(row.answers(v) for row in own)]
    stale = [f"{row.rule} {row.path}" for row in own if not any(row.answers(v) for v in found)]
    return left, stale


def run(command: list[str], folder: Path, codes: tuple[int, ...] = (0, 1), **environment: str) -> str:
    """What it prints to standard output. A program that fails in another way has judged nothing."""
    everything = {**os.environ, "HOME": str(folder), **environment}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=everything,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode in codes, f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


def complaint(command: list[str], folder: Path, **environment: str) -> str:
    """What a vendor's validator says last, "" when it accepts."""
    everything = {**os.environ, "HOME": str(folder), **environment}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=everything,
        stdin=subprocess.DEVNULL,
    )
    return "" if done.returncode == 0 else (done.stderr or done.stdout or "failed").strip()[-600:]


def files(folder: Path, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob(pattern))


def each(pattern: str, command: Callable[[str, str], list[str]], rule: str) -> Judging:
    """A validator that takes one file at a time."""

    def judged(program: str, folder: Path) -> Iterator[Verdict]:
        for path in files(folder, pattern):
            said = complaint(command(program, path), folder)
            if said:
                yield Verdict(path, rule, said)

    return judged


def apart(name: str) -> str:
    program = APART / name / "venv" / "bin" / name
    return str(program) if program.is_file() else ""


def _gixy(program: str, folder: Path) -> Iterator[Verdict]:
    every = files(folder, "**/nginx.conf")
    for found in json.loads(run([program, "-ll", "--format", "json", *every], folder)):
        yield Verdict(os.path.relpath(found["path"], folder), found["plugin"], found["summary"])


# No texts of rules are fetched, and nothing that it might send has a way out.
_OFFLINE = ("--quiet", "--compact", "--skip-download", "--output", "json")
_NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9", "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}


def _checkov(program: str, folder: Path) -> Iterator[Verdict]:
    """Without severities, which the vendor's platform alone has: every finding counts."""
    named = ("image", "kubernetes", "kubernetes acme", "terraform-aws")
    places = [word for name in named for word in ("--directory", name)]
    frameworks = ("dockerfile", "kubernetes", "terraform")
    told = run([program, *places, "--framework", *frameworks, *_OFFLINE], folder, **_NOWHERE)
    judged = 0
    for report in _reports(told):
        results = report["results"]
        judged += report["summary"]["passed"]
        assert report["summary"]["parsing_errors"] == 0, results
        for row in results["failed_checks"]:
            path = os.path.relpath(row["file_abs_path"], folder)
            yield Verdict(path, row["check_id"], f"{row['resource']}: {row['check_name']}")
    assert judged


def _reports(told: str) -> Iterator[dict[str, Any]]:
    """One document for each folder; one framework's report, or a list of them."""
    at, decoder = 0, json.JSONDecoder()
    while at < len(told):
        found, at = decoder.raw_decode(told, at)
        at += len(told[at:]) - len(told[at:].lstrip())
        yield from (one for one in (found if isinstance(found, list) else [found]) if "results" in one)


def _hadolint(program: str, folder: Path) -> Iterator[Verdict]:
    """Its levels are error, warning, info and style: what is below a warning is a matter of layout."""
    every = files(folder, "image/*/Dockerfile")
    for row in json.loads(run([program, "--no-color", "--format", "json", *every], folder)):
        if row["level"] in ("error", "warning"):
            yield Verdict(row["file"], row["code"], row["message"])


def _compose_lint(program: str, folder: Path) -> Iterator[Verdict]:
    for path in files(folder, "compose*/*/compose.yaml"):
        told = json.loads(run([program, "check", "--format", "json", "--no-env", path], folder))
        for row in told["findings"]:
            if row["severity"] != "low":
                yield Verdict(path, row["rule_id"], f"{row['service']}: {row['message']}")


def _kubernetes(program: str, folder: Path) -> Iterator[Verdict]:
    # Manifests do not follow from the contract: those of the orders, with all stores, and the insecure ones are enough.
    chosen = files(folder, "kubernetes/*/*.yaml" if PROOF else "kubernetes/[io]*/*.yaml")
    every = [path for path in chosen if not path.endswith(("kustomization.yaml", "gateway-api.yaml"))]
    for changed in ("edge.yaml", "network-policies.yaml"):  # by ACME
        every += files(folder, f"kubernetes acme/{'*' if PROOF else 'o*'}/{changed}")
    told = run([program, "--strict", *every], folder)
    passed = set(re.findall(r"^INFO\s+(.+?) passed ", told, re.MULTILINE))
    for line in told.splitlines():
        if line and not line.startswith("INFO"):
            yield Verdict(next((path for path in every if path in line), ""), "schema", line)
    for path in every:
        if path not in passed:
            yield Verdict(path, "schema", "was not judged")


def _gateway_api(program: str, folder: Path) -> Iterator[Verdict]:
    """Objects of Gateway API, by its schemas."""
    every = [
        (path, one)
        for path in files(folder, "kubernetes/**/*.yaml")
        for one in yaml.safe_load_all((folder / path).read_text(encoding="utf-8"))
        if str(one.get("apiVersion", "")).startswith("gateway.networking.k8s.io/")
    ]
    assert {one["kind"] for _, one in every} >= GATEWAY_API
    command = [where("node"), str(HERE / "gateway_api.mjs"), program]
    done = subprocess.run(command, input=json.dumps(every), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    yield from (Verdict(*row) for row in json.loads(done.stdout))


GATEWAY_API = {"Gateway", "HTTPRoute", "TLSRoute", "BackendTLSPolicy", "ReferenceGrant"}


def gateway_api() -> str:
    """The folder of the schemas."""
    folder = APART / "gateway-api"
    return str(folder) if (folder / "node_modules").is_dir() and where("node") else ""


def _exposure(program: str, folder: Path) -> Iterator[Verdict]:
    """systemd's own sum of what a service can still do, from 0 to 10."""
    for path in files(folder, "systemd*/*/units/*.service"):
        said = run([program, "security", "--offline=yes", "--no-pager", path], folder)
        (value,) = re.findall(r"Overall exposure level for \S+: (\d+\.\d)", said)
        if float(value) > 2.0:
            yield Verdict(path, "exposure", value)


def _units(program: str, folder: Path) -> Iterator[Verdict]:
    """The units, and the units of stores with the drop-ins: Debian's, or one that only starts something."""
    drop_ins = {path.rpartition(".d/")[0] for path in files(folder, "systemd*/*/units/*.d/*.conf")}
    bare = folder / "bare"
    bare.mkdir()
    for path in sorted({*files(folder, "systemd*/*/units/*.service"), *drop_ins}):
        place, name = (folder / path).parent, Path(path).name
        if path in drop_ins:
            (bare / name).write_text("[Service]\nExecStart=/bin/true\n")
        searched = f"{place}:/etc/systemd/system:/usr/lib/systemd/system:{bare}"
        command = [program, "verify", "--man=no", name.replace("@.", "@main.")]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "SYSTEMD_UNIT_PATH": searched},
        )
        for line in done.stderr.splitlines():
            rule = "program" if "is not executable" in line else "verify"
            yield Verdict(path, rule, line.replace(str(folder), ""))


RULESET = "node_modules/@stoplight/spectral-owasp-ruleset/dist/ruleset.js"


def spectral() -> str:
    program = APART / "spectral/node_modules/.bin/spectral"
    return str(program) if program.is_file() else ""


def _spectral(program: str, folder: Path) -> Iterator[Verdict]:
    """OWASP's rules, errors and warnings. Some sorts of operations are told apart."""
    rules = folder / "owasp.json"
    rules.write_text(json.dumps({"extends": [str(APART / "spectral" / RULESET)]}), encoding="utf-8")
    every = files(folder, "contract/*/openapi.yaml")
    told = run([program, "lint", "--quiet", "-r", str(rules), "-f", "json", "-F", "warn", *every], folder)
    for row in json.loads(told):
        if row["severity"] <= 1:
            source, way = Path(row["source"]), row["path"]
            document = yaml.safe_load(source.read_text(encoding="utf-8"))
            path = f"{os.path.relpath(source, folder)}{_sort_of(document, way)}"
            yield Verdict(path, row["code"], f"{'/'.join(way)}: {row['message']}")


def _sort_of(document: Any, way: list[str]) -> str:
    """ "#public" of what is in an operation that requires no credentials, "#head" of one whose answers have no content."""
    for token in way:
        document = document[int(token)] if isinstance(document, list) else document.get(token)
        if isinstance(document, dict) and "responses" in document and document.get("security") == []:
            return "#public"
    return "#head" if "head" in way[:-1] else ""


def systemd() -> str:
    return where("systemd-analyze")


# By TARGET/NAME: what each judge must find something in.
INSECURE = {
    "nginx/nginx.conf": "events {}\nhttp { server { listen 443 ssl; location /a { alias /srv/a/; } } }\n",
    "haproxy/haproxy.cfg": "frontend a\n bnd :80\n",
    "caddy/Caddyfile": "a.example.com {\n\trespnd 200\n}\n",
    "envoy/envoy.yaml": "static_resources: {listenrs: []}\n",
    "image/Dockerfile": "FROM debian\nRUN cd /srv\nRUN apt-get install nginx\nUSER root\n",
    "systemd/units/a.service": "[Service]\nExecStart=/bin/true\nNoNewPriviliges=yes\n",
    "contract/openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\nservers: [{url: 'http://a.example.com'}]\n"
    "paths: {/a: {get: {responses: {'200': {description: a}}}}}\n",
    "compose/compose.yaml": "services:\n  db: {image: redis, privileged: true, privilged: true, ports: ['6379:6379']}\n",
    "kubernetes/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: default}\n"
    "spec: {containers: [{name: a, image: a, securityContext: {privileged: true, privilged: true}}]}\n",
    "kubernetes/gateway-api.yaml": "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\n"
    "spec: {hostnames: ['*'], rules: []}\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: b}\n"
    "spec: {hostnames: [a.example.com], rules: [{backendRefs: [{name: a, prot: 443}]}]}\n",
    "terraform-aws/main.tf": 'resource "aws_security_group_rule" "a" {\n  type = "ingress"\n  from_port = 22\n'
    '  to_port = 22\n  protocol = "tcp"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n',
}
PRODUCTS = "run python tools/products.py --judges"
JUDGES: dict[str, Judge] = {
    "gixy": Judge(
        lambda: where("gixy"),
        _gixy,
        frozenset({"alias_traversal", "hsts_header"}),
        how="run tools/install.sh dev",
    ),
    "checkov": Judge(
        lambda: apart("checkov"),
        _checkov,
        frozenset({"CKV_K8S_16", "CKV_AWS_24", "CKV_DOCKER_8"}),
        how=PRODUCTS,
    ),
    "hadolint": Judge(
        lambda: apart("hadolint"),
        _hadolint,
        frozenset({"DL3002", "DL3006", "DL3008"}),
        how=PRODUCTS,
    ),
    "compose-lint": Judge(
        lambda: apart("compose-lint"),
        _compose_lint,
        frozenset({"CL-0002", "CL-0005"}),
        how=PRODUCTS,
    ),
    "kubernetes-validate": Judge(
        lambda: where("kubernetes-validate"),
        _kubernetes,
        frozenset({"schema"}),
        how="run tools/install.sh dev",
    ),
    "gateway-api": Judge(
        gateway_api,
        _gateway_api,
        frozenset({"schema", "field"}),
    ),
    "spectral": Judge(
        spectral,
        _spectral,
        frozenset({"owasp:api8:2023-no-server-http", "owasp:api8:2023-define-error-responses-500"}),
        how=PRODUCTS,
    ),
    "docker compose config": Judge(
        lambda: str(compose() or ""),
        each(
            "compose*/*/compose.yaml", lambda program, path: [program, "-f", path, "config", "-q"], "config"
        ),
        frozenset({"config"}),
    ),
    "nginx -t": Judge(
        lambda: where("nginx"),
        each(
            "nginx*/*/nginx.conf", lambda program, path: [program, "-t", "-q", "-p", ".", "-c", path], "nginx"
        ),
        frozenset({"nginx"}),
    ),
    "haproxy -c": Judge(
        lambda: str(haproxy() or ""),
        each("haproxy*/*/haproxy.cfg", lambda program, path: [program, "-c", "-q", "-f", path], "haproxy"),
        frozenset({"haproxy"}),
    ),
    "caddy validate": Judge(
        lambda: where("caddy"),
        each(
            "caddy*/*/Caddyfile",
            lambda program, path: [program, "validate", "--adapter", "caddyfile", "--config", path],
            "caddy",
        ),
        frozenset({"caddy"}),
    ),
    "envoy --mode validate": Judge(
        lambda: str(envoy() or ""),
        each(
            "envoy*/*/envoy.yaml", lambda program, path: [program, "--mode", "validate", "-c", path], "envoy"
        ),
        frozenset({"envoy"}),
    ),
    "systemd-analyze security": Judge(
        systemd,
        _exposure,
        frozenset({"exposure"}),
    ),
    "systemd-analyze verify": Judge(
        systemd,
        _units,
        frozenset({"verify"}),
    ),
}
