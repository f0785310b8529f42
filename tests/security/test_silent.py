"""What a tool loads and batten does not read is never silent: whatever hides a file is seen through, or named in every report."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.account import accounted
from batten.engine.cache import records_of
from batten.engine.discover import discover, paths
from batten.engine.ledger import Unread, Why
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.model import Problem
from batten.policy import Policy
from batten.technologies.shared.deployment import named
from batten.technologies.shared.deployment.named import named_files

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [{name: a, image: "nginx:1.29", securityContext: {privileged: true}}]}
"""
FLOW = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x"},
        "spec": {
            "containers": [{"name": "a", "image": "nginx:1.29", "securityContext": {"privileged": True}}]
        },
    }
)
LONG = "# nothing is said here, at length\n" * 4000
SERVER = "server {\n  listen 80;\n  server_name a.example.com;\n  autoindex on;\n  root /srv/www;\n}\n"


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())


def reviewed(root: Path, files: dict[str, str | bytes]) -> Review:
    write(root, files)
    return review(Workspace(root), Policy(), fixes=False)


def controls(result: Review) -> set[str]:
    return {one.control for one in result.findings}


def unread(result: Review, path: str) -> list[Unread]:
    return [one for one in accounted(result).unread if one.path == path]


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


KUBERNETES = {
    "flow": FLOW,
    "flow on the marker's line": f"--- {FLOW}\n",
    "flow in several lines": "{\n  apiVersion: v1,\n  kind: Pod,\n  spec: {containers: [{name: a, image: x, securityContext: {privileged: true}}]}\n}\n",
    "an escaped key": POD.replace("kind:", '"k\\u0069nd":'),
    "a hexadecimal escape": POD.replace("apiVersion:", '"\\x61piVersion":'),
    "an escaped value": POD.replace("kind: Pod", 'kind: "\\u0050od"'),
    "a long escape": POD.replace("kind:", '"\\U0000006bind":'),
    "a complex key": POD.replace("kind: Pod", "? kind\n: Pod"),
    "a complex key that is quoted": POD.replace("kind: Pod", '? "ki\\\n  nd"\n: Pod'),
    "a tagged key": POD.replace("kind:", "!!str kind:"),
    "an anchored key": POD.replace("kind:", "&k kind:"),
    "an alias as key": POD.replace("kind:", "*k :").replace("apiVersion: v1", "apiVersion: v1\nx-name: &k kind"),
    "an alias as value": POD.replace("kind: Pod", "x-kind: &p Pod\nkind: *p"),
    "an anchored value": POD.replace("kind: Pod", "kind: &p\n  Pod"),
    "a folded value": POD.replace("kind: Pod", "kind: >-\n  Pod"),
    "a merge key": f"<<: {FLOW}\n",
    "a merge of an alias": "x: &x\n  kind: Pod\n  apiVersion: v1\n<<: *x\n" + POD.partition("kind: Pod\n")[2],
    "a tagged root": "--- !!map\n" + POD,
    "an anchored root": "--- &root\n" + POD,
    "an indented root": "".join(f"  {line}\n" for line in POD.splitlines()),
    "an indented root behind a directive": "%YAML 1.1\n---\n" + "".join(f" {line}\n" for line in POD.splitlines()),
    "CR": POD.replace("\n", "\r"),
    "CRLF": POD.replace("\n", "\r\n"),
    "NEL": POD.replace("\n", "\x85"),
    "a byte order mark": "\ufeff" + POD,
    "long comments": LONG + POD,
    "long comments between": POD.replace("kind:", LONG + "kind:"),
    "a long first document": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: '{'x' * 70000}'}}\n---\n{POD}",
    "behind a Compose document": "services: {}\n---\n" + POD,
    "behind a contract": 'openapi: "3.0.0"\ninfo: {}\n---\n' + POD,
    "a text with another root in it": POD.replace("metadata: {name: x}", 'metadata:\n  name: x\n  annotations:\n    a: "\nservices: x\n"'),
    "tabs": POD.replace(": ", ":\t"),
    "nested lists": json.dumps({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": [json.loads(FLOW)]}]}]}]}]}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", KUBERNETES)
def test_a_manifest_is_read_in_every_spelling(name: str, tmp_path: Path) -> None:
    assert "container-unprivileged" in controls(reviewed(tmp_path, {"a/pod.yaml": KUBERNETES[name]}))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_manifest_in_another_encoding_is_named(encoding: str, tmp_path: Path) -> None:
    result = reviewed(tmp_path, {"pod.yaml": POD.encode(encoding)})
    assert [p.source for p in result.problems] == ["pod.yaml"]


SPELLED = {
    "nginx behind long comments": ("web.conf", LONG + SERVER, "listing-off"),
    "nginx on one line": ("web.conf", "events{} http{" + " ".join(SERVER.split()) + "}", "listing-off"),
    "nginx with quoted names": ("web.conf", '"server" {\n"listen" 80;\n"autoindex" on;\n"root" /srv/www;\n}\n', "listing-off"),
    "Compose behind long comments": ("stack.yml", LONG + "services:\n  a: {image: 'x:1', privileged: true}\n", "container-unprivileged"),
    "Compose in flow style": ("stack.yml", "{services: {a: {image: 'x:1', privileged: true}}}\n", "container-unprivileged"),
    "Compose with an anchor": ("stack.yml", "services: &s\n  a: {image: 'x:1', privileged: true}\n", "container-unprivileged"),
    "Compose with an escaped key": ("stack.yml", '"s\\u0065rvices":\n  a: {image: "x:1", privileged: true}\n', "container-unprivileged"),
    "CloudFormation in flow style": ("t.yaml", '{"Res\\u006furces": {B: {"T\\u0079pe": "AWS::S3\\u003a:Bucket"}}}\n', "bucket-tls-only"),
    "CloudFormation behind long comments": ("t.yaml", LONG + "Resources:\n  B:\n    Type: AWS::S3::Bucket\n", "bucket-tls-only"),
    "CloudFormation as JSON with escapes": ("t.json", '{"Resources":{"B":{"\\u0054ype":"\\u0041WS::S3::Bucket"}}}', "bucket-tls-only"),
    "a contract as JSON with escapes": ("api.json", '{"info":{"title":"x","version":"1"},"\\u006fpenapi":"3.0.3","paths":{"/a":{"delete":{"responses":{"204":{"description":"x"}}}}}}', "operations-authenticated"),
    "Apache in capitals": ("site.conf", "<VIRTUALHOST *:80>\n  DOCUMENTROOT /srv\n  SERVERSIGNATURE on\n</VIRTUALHOST>\n", "banner-hidden"),
    "a Dockerfile with a continued name": ("Dockerfile", "FR\\\nOM alpine\nRU\\\nN true\n", "image-pinned"),
    "a Dockerfile with another escape": ("Dockerfile", "# escape=`\nFR`\nOM alpine\n", "image-pinned"),
    "a Dockerfile in small letters": ("Dockerfile", "from alpine\n", "image-pinned"),
    "a unit with indented sections": ("a.service", "  [Unit]\n  Description=x\n  [Service]\n  ExecStart=/usr/bin/docker run --privileged x:1\n", "container-unprivileged"),
    "Redis with quoted names": ("redis.conf", '"bind" 0.0.0.0\n"protected-mode" no\n', "store-authenticated"),
    "MongoDB in flow style": ("mongod.conf", '{"net": {"bindIp": "0.0.0.0"}, "security": {"authorization": "disabled"}}\n', "store-authenticated"),
    "Traefik in flow style": ("traefik.yml", "{entryPoints: {web: {address: ':80'}}, api: {insecure: true}, providers: {docker: {}}}\n", "console-not-exposed"),
    "a Docker daemon with escapes": ("daemon.json", '{"\\u0068osts":["tcp://0.0.0.0:2375"]}', "orchestrator-locked"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLED)
def test_a_respelled_file_is_read(name: str, tmp_path: Path) -> None:
    path, text, control = SPELLED[name]
    result = reviewed(tmp_path, {path: text})
    assert control in controls(result), (controls(result), result.problems)


COMPOSE = {
    "a second document": "services:\n  a: {image: 'x:1'}\n---\nservices:\n  a: {privileged: true}\n",
    "a second document with another service": "services:\n  a: {image: 'x:1'}\n---\nservices:\n  b: {image: 'y:1', privileged: true}\n",
    "behind an empty document": "---\n---\nservices:\n  a: {image: 'x:1', privileged: true}\n",
    "behind an end marker": "services:\n  a: {image: 'x:1'}\n...\n---\nservices:\n  a: {privileged: true}\n",
    "a third document": "name: x\n---\nvolumes: {}\n---\n{services: {a: {image: 'x:1', privileged: true}}}\n",
}


@pytest.mark.parametrize("name", COMPOSE)
@pytest.mark.parametrize("path", ["compose.yaml", "stack.yml"])
def test_all_documents_of_compose_are_merged(name: str, path: str, tmp_path: Path) -> None:
    assert "container-unprivileged" in controls(reviewed(tmp_path, {path: COMPOSE[name]}))


def test_a_later_document_overrides_an_earlier_one(tmp_path: Path) -> None:
    text = "services:\n  a: {image: 'x:1', privileged: true}\n---\nservices:\n  a: {privileged: false}\n"
    result = reviewed(tmp_path, {"compose.yaml": text})
    assert not [one.message for one in result.findings if "runs privileged" in one.message]


BILL = (
    '"components":[{"type":"framework","name":"django","version":"3.2.25","purl":"pkg:pypi/django@3.2.25"}]'
)
BILLS = {
    "a late format": ("bom.json", f'{{"specVersion":"1.6","x":"{"y" * 70000}",{BILL},"bomFormat":"CycloneDX"}}'),
    "an escaped format": ("bom.json", f'{{"bom\\u0046ormat":"Cyclone\\u0044X","specVersion":"1.6",{BILL}}}'),
    "an escaped package": ("bom.json", '{"bomFormat":"CycloneDX","specVersion":"1.6",' + BILL.replace("pypi", "p\\u0079pi") + "}"),
    "long blanks": ("bom.json", " \n" * 40000 + f'{{"bomFormat":"CycloneDX","specVersion":"1.6",{BILL}}}'),
    "XML behind comments": ("bom.xml", f'<?xml version="1.0"?>{"<!-- nothing -->" * 5000}<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component type="framework"><name>django</name><purl>pkg:pypi/django@3.2.25</purl></component></components></bom>'),
    "XML with a prefix": ("bom.xml", '<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.6"><c:components><c:component type="framework"><c:name>django</c:name><c:purl>pkg:pypi/django@3.2.25</c:purl></c:component></c:components></c:bom>'),
}  # fmt: skip


@pytest.mark.parametrize("name", BILLS)
def test_a_bill_of_materials_is_known_by_its_root(name: str, tmp_path: Path) -> None:
    path, text = BILLS[name]
    assert "component-supported" in controls(reviewed(tmp_path, {path: text}))


def test_a_bill_in_an_attestation_is_named(tmp_path: Path) -> None:
    text = (
        f'{{"predicateType": "https://cyclonedx.org/bom", "predicate": {{"bomFormat": "CycloneDX", {BILL}}}}}'
    )
    result = reviewed(tmp_path, {"app.cdx.json": text})
    assert [one.kind for one in unread(result, "app.cdx.json")] == ["bill of materials in an attestation"]


COMMANDS = {
    "kubectl apply -f app.txt": ("app.txt", "kubernetes"),
    "kubectl -n a apply --filename=app.txt": ("app.txt", "kubernetes"),
    "kubectl apply -Rf app.txt": ("app.txt", "kubernetes"),
    "kubectl apply -fapp.txt": ("app.txt", "kubernetes"),
    "kubectl create \\\n\t  -f 'app.txt'": ("app.txt", "kubernetes"),
    "kubectl apply -f other.yaml,app.txt": ("app.txt", "kubernetes"),
    "kubectl apply -f - < app.txt": ("app.txt", "kubernetes"),
    "cat app.txt | kubectl apply -f -": ("app.txt", "kubernetes"),
    "envsubst <app.txt | kubectl apply -f -": ("app.txt", "kubernetes"),
    "/usr/local/bin/kubectl apply -f app.txt": ("app.txt", "kubernetes"),
    "kubectl apply -f *.txt": ("app.txt", "kubernetes"),
    "cd sub && kubectl apply -f ./in.txt": ("sub/in.txt", "kubernetes"),
    "kubectl apply -f $(MANIFEST)": ("app.txt", "kubernetes"),
    "podman kube play app.txt": ("app.txt", "kubernetes"),
    "docker build -t x -f Dockerfile2 .": ("Dockerfile2", "dockerfile"),
    "docker buildx build --file=Dockerfile2 .": ("Dockerfile2", "dockerfile"),
    "buildah bud -f Dockerfile2": ("Dockerfile2", "dockerfile"),
    "docker compose -f stack.conf up -d": ("stack.conf", "compose"),
    "docker-compose --file stack.conf up": ("stack.conf", "compose"),
    "docker stack deploy -c stack.conf x": ("stack.conf", "compose"),
    "COMPOSE_FILE=stack.conf docker compose up": ("stack.conf", "compose"),
    "nginx -c ./web": ("web", "nginx"),
    "envoy -c edge": ("edge", "envoy"),
    "redis-server ./cache --port 7000": ("cache", "redis"),
    "haproxy -W -f lb": ("lb", "haproxy"),
    "mongod --config db": ("db", "mongodb"),
    "aws cloudformation deploy --template-file cfn.txt": ("cfn.txt", "cloudformation"),
    "docker run --env-file vars x": ("vars", "environment"),
}
NAMED: dict[str, str | bytes] = {
    "app.txt": POD,
    "sub/in.txt": POD,
    "other.yaml": POD,
    "Dockerfile2": "FROM alpine\nRUN true\n",
    "stack.conf": "services:\n  a: {image: 'x:1', privileged: true}\n",
    "web": SERVER,
    "edge": "static_resources: {listeners: []}\n",
    "cache": "bind 0.0.0.0\nprotected-mode no\n",
    "lb": "defaults\n  mode http\nfrontend a\n  bind :80\n  default_backend b\nbackend b\n  server c 10.0.0.1:80\n",
    "db": "net:\n  bindIp: 0.0.0.0\n",
    "cfn.txt": "Resources:\n  B:\n    Type: AWS::S3::Bucket\n",
    "vars": "A=1\n",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_a_file_is(command: str, tmp_path: Path) -> None:
    path, technology = COMMANDS[command]
    result = reviewed(tmp_path, {**NAMED, "Makefile": f"MANIFEST := app.txt\nup:\n\t{command}\n"})
    assert (path, technology) in {(one.path, one.technology) for one in result.named}
    read = {one.path: one.technologies for one in accounted(result).read}
    assert technology in read.get(path, ())


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("deploy.sh", "kubectl apply -f app.txt\n"),
        ("scripts/deploy", "#!/bin/sh\nkubectl apply -f app.txt\n"),
        (".github/workflows/ci.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: kubectl apply -f app.txt\n"),
        (".gitlab-ci.yml", "deploy:\n  script:\n    - kubectl apply -f app.txt\n"),
        ("package.json", '{"scripts": {"deploy": "kubectl apply -f app.txt"}}'),
        ("Jenkinsfile", "sh 'kubectl apply -f app.txt'\n"),
        ("Taskfile.yml", "tasks:\n  up:\n    cmds:\n      - kubectl apply -f app.txt\n"),
    ],
)  # fmt: skip
def test_every_kind_of_script_is_asked(script: str, text: str, tmp_path: Path) -> None:
    assert "container-unprivileged" in controls(reviewed(tmp_path, {"app.txt": POD, script: text}))


@pytest.mark.parametrize(
    "text",
    [
        "# kubectl apply -f app.txt\n",
        "echo app.txt\n",
        "kubectl get pods -f app.txt\n",
        "kubectl apply -f https://example.com/app.txt\n",
        "kubectl apply -f /etc/app.txt\n",
        "kubectl apply -f ../app.txt\n",
        "mykubectl apply -f app.txt\n",
    ],
)
def test_other_words_name_nothing(text: str, tmp_path: Path) -> None:
    write(tmp_path, {"app.txt": POD, "deploy.sh": text})
    assert not list(named_files(["app.txt", "deploy.sh"], Workspace(tmp_path)))


_PROGRAMS = [
    "kubectl", "oc", "podman", "docker buildx bake", "docker build", "/kaniko/executor", "docker-compose", "docker compose",
    "docker stack deploy", "docker run", "helm", "nginx", "apachectl", "haproxy", "envoy", "caddy", "traefik", "lighttpd", "kong",
    "deck", "redis-server", "mongod", "mysqld", "postgres", "mosquitto", "nats-server", "etcd", "php-fpm8.2", "pgbouncer",
    "prometheus", "grafana server", "kafka-server-start.sh", "clickhouse-server", "qdrant", "terraform", "aws cloudformation", "sam",
    "serverless", "dockerd", "pm2", "gunicorn", "hypercorn", "COMPOSE_FILE=",
]  # fmt: skip
_WORDS = ["-f", "--file=", "-c", "--config", "=", "-", "--", "<", "< x", "<<EOF", "|", "a", "apply", "play", "kube", "start", "'", '"', "$", "$(", "${A", "\\", "*", "[", "\x00", "é", "-RfX"]  # fmt: skip


@given(
    lines=st.lists(
        st.tuples(st.sampled_from(_PROGRAMS), st.lists(st.sampled_from(_WORDS), max_size=4)), max_size=4
    ),
    end=st.sampled_from([" ", "\n", " \\", " &&", "\t", ""]),
)
def test_no_command_however_short_or_broken_ends_a_review(
    lines: list[tuple[str, list[str]]], end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = "\n".join(f"{' '.join([program, *words])}{end}" for program, words in lines)
    folder = tmp_path_factory.getbasetemp() / "commands"
    write(folder, {"app.txt": POD, "deploy.sh": text})
    found = list(named_files(["app.txt", "deploy.sh"], Workspace(folder)))
    assert [one for one in found if isinstance(one, Problem)] == [], text


def test_a_script_that_ends_its_reader_is_a_problem_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> NoReturn:
        raise ValueError("an argument is longer")

    monkeypatch.setattr(named, "_words", broken)
    result = reviewed(tmp_path, {"app.yaml": POD, "deploy.sh": "kubectl apply -f app.txt\n"})
    assert [(one.source, one.stage) for one in result.problems] == [("deploy.sh", "discover")]
    assert "container-unprivileged" in controls(result)


def test_what_a_command_names_and_no_reader_takes_is_in_the_ledger(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "extra.txt": "a: 1\n",
        "Makefile": "up:\n\thelm install -f extra.txt a b\n",
    }
    [one] = unread(reviewed(tmp_path, files), "extra.txt")
    assert (one.kind, one.part, one.why) == ("Helm file, named by", "Makefile:2", Why.NAMED)


def test_a_template_that_a_command_names_is_not_read_as_what_it_makes(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "app.tpl": "{% if x %}\n",
        "d.sh": "render app.tpl | kubectl apply -f -\n",
    }
    result = reviewed(tmp_path, files)
    assert not result.problems
    assert [one.why for one in unread(result, "app.tpl")] == [Why.TEMPLATE]


FOLDERS = [
    "node_modules",
    ".venv",
    "venv",
    ".terraform",
    ".tox",
    "__pycache__",
    ".hg",
    ".idea",
    ".vscode",
    "site-packages",
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_git_tracks_in_a_folder_of_tools_is_told(folder: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{folder}/a/pod.yaml": POD, "app.conf": SERVER})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", ".")
    result = review(Workspace(tmp_path), Policy(), fixes=False)
    [one] = unread(result, f"{folder}/")
    assert (one.kind, one.part, one.counts) == ("1 file of Kubernetes that git tracks:", "a/pod.yaml", True)
    assert one in accounted(result).missed


def test_a_planted_marker_is_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "deploy/pyvenv.cfg": "",
            "deploy/pod.yaml": POD,
            "deploy/compose.yaml": "services: {a: {image: x}}\n",
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", ".")
    [one] = unread(review(Workspace(tmp_path), Policy(), fixes=False), "deploy/")
    assert one.kind == "2 files of Docker Compose or Kubernetes that git tracks:"
    assert one.part == "compose.yaml, pod.yaml"


def test_without_git_what_no_tool_puts_there_is_told(tmp_path: Path) -> None:
    result = reviewed(
        tmp_path, {"deploy/pyvenv.cfg": "", "deploy/pod.yaml": POD, ".terraform/x/pod.yaml": POD}
    )
    assert [one.path for one in accounted(result).unread] == [".terraform/", "deploy/"]


@pytest.mark.parametrize("tracked", [False, True])
def test_what_tools_fill_is_no_noise(tracked: bool, tmp_path: Path) -> None:
    installed: dict[str, str | bytes] = {
        "node_modules/x/package.json": "{}",
        "node_modules/x/k8s/pod.yaml": POD,
        ".venv/pyvenv.cfg": "home = /usr\n",
        ".venv/lib/python3.12/site-packages/x/docker-compose.yml": "services: {a: {image: x}}\n",
        ".terraform/modules/x/main.tf": 'resource "aws_s3_bucket" "x" {}\n',
        ".git_/x": "",
        "__pycache__/a.pyc": b"\0",
        "app.conf": SERVER,
    }
    write(tmp_path, installed)
    if tracked:  # the repository, without what its .gitignore names
        write(tmp_path, {".gitignore": "node_modules\n.venv\n.terraform\n__pycache__\n"})
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", ".")
    result = review(Workspace(tmp_path), Policy(), fixes=False)
    assert not accounted(result).unread
    assert set(accounted(result).left_out) >= {"node_modules/", "__pycache__/"}


def test_the_cache_knows_what_git_tracks(tmp_path: Path) -> None:
    write(tmp_path, {"node_modules/a/pod.yaml": POD})
    git(tmp_path, "init", "-q")
    workspace = Workspace(tmp_path)
    witness = workspace.watch(bytes)
    review(workspace, Policy(), fixes=False)
    assert Workspace(tmp_path).still(witness, bytes)
    git(tmp_path, "add", "-f", ".")
    assert not Workspace(tmp_path).still(witness, bytes)


ALIKE = {
    "values.yaml": "kind: Deployment\nimage:\n  tag: v1\nservice:\n  port: 80\n",
    "tasks.yml": "- name: a\n  command: kubectl\n  args: {kind: Pod, apiVersion: v1}\n",
    "data.json": '{"items":[{"kind":"Pod"},{"note":"apiVersion"}]}',
    "i18n.json": '{"a":"\\u00e4 \\u003c b","kind":"word"}',
    "notes.txt": POD,
    "docs.yaml": "text: |\n  apiVersion: v1\n  kind: Pod\n",
    "quoted.yaml": 'text: "\\u0061piVersion: v1, kind: Pod"\n',
    "page.yaml": "{{ template }}\n{% block %}\na: [1, 2\n",
    "front.yaml": "*not an alias\n",
    "settings.conf": "a=1; b=2; { c }\n",
    ".vscode/settings.json": '{"editor.tabSize": 2}',
    ".idea/misc.xml": "<project version='4'/>",
}


def test_what_only_looks_alike_is_silent(tmp_path: Path) -> None:
    write(tmp_path, {**ALIKE})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", ".")
    result = review(Workspace(tmp_path), Policy(), fixes=False)
    ledger = accounted(result)
    assert (result.findings, result.problems, ledger.unread) == ([], [], ())
    assert not ledger.read


def test_recognition_costs_no_more_than_the_text(tmp_path: Path) -> None:
    """Aliases that expand to much more than the text does are not spelled out."""
    bomb = "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 6)
    )
    write(tmp_path, {"bomb.yaml": "<<: {x: 1}\n" + bomb})
    workspace = Workspace(tmp_path)
    found = discover(workspace, paths(workspace).paths, [])
    assert not found.units
    assert records_of(b"") is None
