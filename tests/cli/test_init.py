"""`batten init`: what it finds in a stack, that the file loads, and what it says where there is nothing to find."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from batten.cli import main
from batten.facts import Content
from batten.formats.yaml import parse
from batten.policy import Policy
from batten.policy.load import load_policy
from batten.reports.policy_file import quoted

TESTS = Path(__file__).resolve().parent.parent
STACKS = sorted(p for p in (TESTS / "stacks").iterdir() if p.is_dir())
EXAMPLES = sorted(p for p in (TESTS.parent / "examples").iterdir() if p.is_dir())

NGINX = """\
events {}
http {
    server {
        listen 80;
        server_name api.shop.example.com staging-api.shop.example.com;
        return 301 https://$host$request_uri;
    }
    server {
        listen 443 ssl;
        server_name api.shop.example.com;
        location /v1/ { proxy_pass http://127.0.0.1:8000; }
    }
    server {
        listen 443 ssl;
        server_name staging-api.shop.example.com;
        location /v1/ { proxy_pass http://127.0.0.1:8001; }
    }
    server {
        listen 443 ssl;
        server_name static.shop.example.com;
        root /srv/static;
    }
    server {
        listen 127.0.0.1:8080;
        server_name localhost;
        location / { proxy_pass http://127.0.0.1:8000; }
    }
}
"""
CONTRACT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers:
  - {url: http://localhost:8000, description: Local}
  - {url: https://api.shop.example.com, description: Production}
  - {url: https://qa.shop.example.com/, description: For testers}
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  /v1/orders:
    get: {responses: {"200": {description: Orders}}}
  /v1/products:
    get:
      security: []
      responses: {"200": {description: Products}}
"""
CORS = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://www.shop.example.com", "http://localhost:3000"],
)
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def found(folder: Path) -> tuple[Policy, str, str]:
    """The policy that was written, its text, and what was printed."""
    result = run("init", folder)
    assert result.exit_code == 0, result.output
    place = folder / "batten.yaml"
    return load_policy(place), place.read_text(), result.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path, {"nginx/nginx.conf": NGINX, "openapi.yaml": CONTRACT, "app/main.py": CORS})


def test_environments_are_named_by_their_hosts(shop: Path) -> None:
    policy, text, said = found(shop)
    assert [(e.name, e.url, e.plain) for e in policy.environments] == [
        ("test", "https://qa.shop.example.com", ""),
        (
            "staging",
            "https://staging-api.shop.example.com",
            "http://staging-api.shop.example.com",
        ),
        ("production", "https://api.shop.example.com", "http://api.shop.example.com"),
    ]
    assert (
        "url: https://api.shop.example.com  # nginx/nginx.conf:5, nginx/nginx.conf:10, openapi.yaml:5" in text
    )
    assert "production https://api.shop.example.com" in said


def test_other_hosts_are_comments(shop: Path) -> None:
    _, text, _ = found(shop)
    assert "#  production-2: {url: https://static.shop.example.com}  # nginx/nginx.conf:20" in text


def test_a_developers_machine_is_no_environment(shop: Path) -> None:
    policy, text, _ = found(shop)
    assert not any("localhost" in e.url for e in policy.environments)
    assert "#  local: {url: http://localhost:8000}" in text


def test_origins_of_cors_settings(shop: Path) -> None:
    policy, text, _ = found(shop)
    assert policy.origins == ("https://www.shop.example.com",)
    assert "- https://www.shop.example.com  # app/main.py:7" in text
    assert "# - http://localhost:3000  # app/main.py:7; a developer's machine" in text


def test_public_operations(shop: Path) -> None:
    policy, text, _ = found(shop)
    assert policy.public == ("GET /v1/products",)
    assert "- GET /v1/products  # openapi.yaml:15; `security: []`" in text


def test_content_and_hosts(shop: Path) -> None:
    policy, _, _ = found(shop)
    rows = {(row.host, row.path): row.content for row in policy.content}
    assert rows["static.shop.example.com", "/"] is Content.PAGE
    assert rows["api.shop.example.com", "/v1"] is Content.API
    assert policy.hosts == ("qa.shop.example.com", "staging-api.shop.example.com", "api.shop.example.com")
    assert policy.contract == "openapi.yaml"


def test_the_next_command_works_as_it_is(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, said = found(shop)
    commands = [line.split()[1] for line in said.splitlines() if line.startswith("  batten ")]
    assert commands == ["trust", "review", "check"]
    monkeypatch.chdir(shop)
    check = run("check", "--no-history")
    assert check.exit_code == 1, check.output
    assert "production: not probed" in check.output  # until `batten trust`
    assert run("check", "--no-history", "--no-probe").exit_code == 1


@pytest.mark.parametrize("stack", [*STACKS, *EXAMPLES], ids=lambda p: p.name)
def test_every_stack_loads_and_is_written_the_same_twice(stack: Path, tmp_path: Path) -> None:
    folder = tmp_path / stack.name
    shutil.copytree(stack, folder, ignore=shutil.ignore_patterns(".run", ".batten"))
    assert run("init", "--force", folder).exit_code == 0
    first = (folder / "batten.yaml").read_bytes()
    policy = load_policy(folder / "batten.yaml")
    assert all(e.url.startswith("http") and "localhost" not in e.url for e in policy.environments)
    assert run("init", "--force", folder).exit_code == 0
    assert (folder / "batten.yaml").read_bytes() == first
    assert run("trust", "--yes", folder).exit_code == (0 if policy.environments else 2)


SITES = {
    "Caddyfile": "dev.example.net {\n\treverse_proxy app:3000\n}\n",
    "httpd.conf": "Listen 443 https\n<VirtualHost *:443>\n  ServerName dev.example.net\n  SSLEngine on\n"
    "  ProxyPass / http://127.0.0.1:3000/\n</VirtualHost>\n",
    "haproxy.cfg": "defaults\n  mode http\n  timeout client 5s\n  timeout connect 5s\n  timeout server 5s\n"
    "frontend web\n  bind :443 ssl crt /etc/x.pem\n  acl dev hdr(host) -i dev.example.net\n"
    "  use_backend app if dev\nbackend app\n  server a 127.0.0.1:3000\n",
    "dynamic.yml": "http:\n  routers:\n    app: {rule: Host(`dev.example.net`) && PathPrefix(`/`), service: app, tls: {}}\n"
    "  services: {app: {loadBalancer: {servers: [{url: 'http://127.0.0.1:3000'}]}}}\n",
    "compose.yaml": "services:\n  traefik:\n    image: traefik:v3.1\n"
    "    command: [--entrypoints.web.address=:443, --providers.docker]\n    ports: ['443:443']\n"
    "  app:\n    image: acme/app:1\n    labels: ['traefik.http.routers.app.rule=Host(`dev.example.net`)',"
    " traefik.http.routers.app.tls=true]\n",
    "ingress.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: app}\nspec:\n"
    "  tls: [{hosts: [dev.example.net], secretName: tls}]\n  rules:\n  - host: dev.example.net\n"
    "    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: app, port: {number: 80}}}}]}\n",
}


@pytest.mark.parametrize("name", SITES)
def test_every_edge_names_its_hosts(name: str, tmp_path: Path) -> None:
    policy, text, _ = found(write(tmp_path, {name: SITES[name]}))
    assert [(e.name, e.url) for e in policy.environments] == [("development", "https://dev.example.net")]
    line = SITES[name][: SITES[name].index("dev.example.net")].count("\n") + 1
    assert f"url: https://dev.example.net  # {name}:{line}" in text


def test_a_host_that_a_variable_decides_is_said(tmp_path: Path) -> None:
    labels = SITES["compose.yaml"].replace("dev.example.net", "api.${DOMAIN}")
    policy, _, said = found(write(tmp_path, {"compose.yaml": labels}))
    assert policy.environments == ()
    assert "environments: hosts that are not addresses: a variable (compose.yaml:8)" in said


def test_patterns_are_no_hosts(tmp_path: Path) -> None:
    text = "events {}\nhttp { server { listen 80; server_name _ *.example.com ~^api backend; } }\n"
    policy, _, said = found(write(tmp_path, {"nginx.conf": text}))
    assert policy.environments == ()
    assert "`*.example.com` (nginx.conf:2)" in said


def test_the_contract_of_an_edge_is_chosen_among_several(shop: Path) -> None:
    other = CONTRACT.replace("api.shop.example.com", "api.other.example.com")
    policy, text, said = found(write(shop, {"openapi.yaml": other, "docs/shop.yaml": CONTRACT}))
    assert policy.contract == "docs/shop.yaml"
    assert "# contract: openapi.yaml  # openapi.yaml; 2 operations" in text
    assert "the only one of 2 whose server an edge has" in said


def test_contracts_that_nothing_tells_apart_are_listed(tmp_path: Path) -> None:
    policy, text, said = found(write(tmp_path, {"a/openapi.yaml": CONTRACT, "b/openapi.yaml": CONTRACT}))
    assert policy.contract == ""
    assert "# contract: a/openapi.yaml" in text
    assert (
        "contract: 2 OpenAPI documents, and nothing decides between them (a/openapi.yaml, b/openapi.yaml)"
        in said
    )


def test_a_contract_that_requires_nothing_makes_no_operation_public(tmp_path: Path) -> None:
    text = CONTRACT.replace("security: [{key: []}]", "security: []")
    policy, _, said = found(write(tmp_path, {"openapi.yaml": text}))
    assert policy.public == ("GET /v1/products",)
    assert "public: openapi.yaml:7 requires no credential for the whole contract" in said


def test_folders_that_look_like_others(tmp_path: Path) -> None:
    text = "services: {app: {image: 'acme/app:1'}}\n"
    names = (
        "playground",
        "hack-k8s",
        "e2e-tests2",
        "tests",
        "dev-portal",
        "sandbox",
        "api",
        "specs",
        "edge/rootfs/usr/local",
    )
    policy, written, said = found(write(tmp_path, {f"{name}/compose.yaml": text for name in names}))
    assert policy.contexts == ()
    rows = [line for line in written.splitlines() if line.startswith("#   ") and "/**" in line]
    effect = re.escape("  # would take ") + r"\d+ findings? out of the verdict \(\d+ \w+: [a-z, -]+\)"
    proposed = ("e2e-tests2/**: test", "hack-k8s/**: development", "playground/**: development")
    assert len(rows) == 3
    assert [
        row
        for row, text in zip(rows, proposed, strict=True)
        if not re.fullmatch(f"#   {re.escape(text)}{effect}", row)
    ] == []
    assert "contexts: is playground/ for development? If so, uncomment its row, which would take" in said


@pytest.mark.parametrize(
    "name",
    [
        '"a.example.com: #x"',
        "'a.example.com\\\\n  evil: 1'",
        '"a.example.com} {{"',
        "'a\\\\tb.example.com'",
        "*.a.example.com",
    ],
)
def test_names_that_are_no_names_stay_out(name: str, tmp_path: Path) -> None:
    text = f"events {{}}\nhttp {{ server {{ listen 80; server_name {name} ok.example.com; }} }}\n"
    policy, _, _ = found(write(tmp_path, {"nginx.conf": text}))
    assert [e.url for e in policy.environments] == ["http://ok.example.com"]


def test_folders_with_hostile_names_stay_in_their_comments(tmp_path: Path) -> None:
    folder = tmp_path / "a: b\ngate: none # "
    folder.mkdir()
    (folder / "openapi.yaml").write_text(CONTRACT)
    policy, text, _ = found(tmp_path)
    assert policy.contract == "a: b\ngate: none # /openapi.yaml"
    assert "\ngate: none" not in text


def test_secrets_are_masked(tmp_path: Path) -> None:
    secret = "ghp_" + "Zx81" * 9
    origin = CORS.replace("https://www.shop.example.com", f"https://{secret}.example.com")
    found(write(tmp_path, {"app.py": origin, f"{secret}/openapi.yaml": CONTRACT}))
    assert secret not in (tmp_path / "batten.yaml").read_text()


@given(st.text(max_size=20))
def test_quoted_text_is_read_back(text: str) -> None:
    node = parse(f"key: {quoted(text)}\n")
    assert node.entry("key").value.text == text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["true", "No", "1.5", "1e3", "null", "~", "", "a: b", "a #b", "- a", "*a", "&a", "2024-01-01"]
)
def test_what_yaml_takes_for_something_else_is_quoted(text: str) -> None:
    assert quoted(text).startswith('"')


def test_an_existing_file_is_kept(shop: Path) -> None:
    (shop / "batten.yaml").write_text("version: 1\n")
    result = run("init", shop)
    assert (result.exit_code, (shop / "batten.yaml").read_text()) == (2, "version: 1\n")
    assert "--force" in result.stderr
    assert run("init", "--force", shop).exit_code == 0


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = run("init", tmp_path / "none")
    assert result.exit_code == 2
    assert result.stderr == f"batten: there is no folder {tmp_path / 'none'}; name one that exists\n"


def test_a_file_is_not_a_folder(shop: Path) -> None:
    result = run("init", shop / "openapi.yaml")
    assert result.exit_code == 2
    assert "is a file; name the folder that it is in" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(shop: Path) -> None:
    shop.chmod(0o555)
    try:
        result = run("init", shop)
    finally:
        shop.chmod(0o755)
    assert result.exit_code == 2
    assert "cannot be written: Permission denied" in result.stderr


def test_a_folder_in_place_of_the_file(shop: Path) -> None:
    (shop / "batten.yaml").mkdir()
    assert run("init", "--force", shop).exit_code == 2


def test_nothing_recognised_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello\n")
    result = run("init", tmp_path)
    assert result.exit_code == 3
    assert "has no file that batten reads; nothing was written" in result.stderr
    assert not (tmp_path / "batten.yaml").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1\ncontract: openapi.yml\n", 2),
        ("environments:\n  live:\n    url: https://a.example.com\n    contract: docs/openapi.yaml\n", 4),
    ],
)
def test_a_contract_that_is_not_there_is_an_error(text: str, line: int, shop: Path) -> None:
    (shop / "batten.yaml").write_text(text)
    result = run("review", shop)
    assert result.exit_code == 2
    assert f"batten.yaml:{line}: there is no contract '" in result.stderr
    assert "did you mean `openapi.yaml`?" in result.stderr
