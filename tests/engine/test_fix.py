from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.formats import Workspace, apply
from batten.model import Edit, Safety, Span
from batten.policy import Policy
from days import judged_on

ALL = Wish(frozenset({Safety.SAFE, Safety.RISKY}), validate=False)
SERVER = """server {
    listen 443 ssl;  # TLS ends here
    server_name api.example.com;
    ssl_certificate /etc/ssl/a.pem;
    ssl_certificate_key /etc/ssl/a.key;
    server_tokens on;
    location /v1/ {
        proxy_pass http://127.0.0.1:8000;
    }
}
"""


def workspace(root: Path, **files: str) -> Workspace:
    return Workspace(root, {name.replace("_", "."): text for name, text in files.items()})


def test_safe_fixes_are_made_and_risky_ones_left(tmp_path: Path) -> None:
    made = plan(workspace(tmp_path, nginx_conf=SERVER), Policy(), Wish(validate=False))
    assert "server_tokens off;" in made.texts["nginx.conf"]
    assert all(f.fix and f.fix.safety is Safety.SAFE for f in made.fixed)
    assert all(left.reason for left in made.left)


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    first = plan(workspace(tmp_path, nginx_conf=SERVER), Policy(), ALL)
    again = plan(workspace(tmp_path, nginx_conf=first.texts["nginx.conf"]), Policy(), ALL)
    assert again.texts == {} and again.fixed == []


def test_bytes_outside_the_edits_stay(tmp_path: Path) -> None:
    text = SERVER.replace("\n", "\r\n").replace("# TLS ends here", "# größer \U0001f600")
    made = plan(workspace(tmp_path, nginx_conf=text), Policy(), Wish(validate=False))
    kept = [line for line in text.splitlines() if "server_tokens" not in line]
    assert [line for line in made.texts["nginx.conf"].splitlines() if line in kept] == kept
    assert made.texts["nginx.conf"].count("\n") == made.texts["nginx.conf"].count("\r\n")


def test_only_the_controls_asked_for(tmp_path: Path) -> None:
    wish = Wish(frozenset({Safety.SAFE}), frozenset({"banner-hidden"}), validate=False)
    made = plan(workspace(tmp_path, nginx_conf=SERVER), Policy(), wish)
    assert [f.control for f in made.fixed] == ["banner-hidden"]
    assert apply(SERVER, [e for f in made.fixed if f.fix for e in f.fix.edits]) == made.texts["nginx.conf"]


def test_what_the_vendor_refuses_is_not_written(tmp_path: Path) -> None:
    """The file was broken for nginx before; batten must not claim that it mended and proved it."""
    broken = SERVER.replace("server_tokens on;", "server_tokens on;\n    keepalive_timeout soon;")
    made = plan(workspace(tmp_path, nginx_conf=broken), Policy(), Wish())
    assert "nginx" not in made.validated


@judged_on("2026-12-01")
def test_a_waived_finding_is_not_fixed(tmp_path: Path) -> None:
    waived = SERVER.replace("on;\n", "on;  # batten: ignore[banner-hidden] needed until 2999-01-01\n")
    made = plan(workspace(tmp_path, nginx_conf=waived), Policy(), ALL)
    assert "server_tokens on;" in made.texts.get("nginx.conf", waived)


@settings(max_examples=50)
@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.text(max_size=5))))
def test_edits_that_do_not_overlap_apply_in_any_order(text: str, cuts: list[tuple[int, int, str]]) -> None:
    edits, at = [], 0
    for start, length, new in sorted(cuts):
        if start >= at and start + length <= len(text) and length:
            edits.append(Edit("a", Span(start, start + length), new))
            at = start + length
    assert apply(text, edits) == apply(text, list(reversed(edits)))


def test_all_items_of_a_list_are_removed_with_its_key(tmp_path: Path) -> None:
    """Each removal alone leaves the other's item; made at once they would leave a key without a value."""
    text = (
        "services:\n  agent:\n    build:\n      context: .\n      entitlements:\n        - security.insecure\n"
        "        - network.host\n    command: run\n"
    )
    wish = Wish(frozenset({Safety.SAFE, Safety.RISKY}), frozenset({"image-trusted-build"}), validate=False)
    made = plan(Workspace(tmp_path, {"compose.yaml": text}), Policy(), wish)
    assert "entitlements" not in made.texts["compose.yaml"]
    assert len(made.fixed) == 2


HEADERS = """events {}
http {
    server {
        listen 80;
        add_header X-XSS-Protection "1; mode=block";
        add_header X-Frame-Options DENY always;
        location / {
            add_header Cache-Control no-store always;
            proxy_pass http://127.0.0.1:8000;
        }
    }
}
"""


def test_what_a_fix_brings_to_light_is_fixed_with_it(tmp_path: Path) -> None:
    made = plan(Workspace(tmp_path, {"nginx.conf": HEADERS}), Policy(), ALL)
    assert "X-XSS-Protection" not in made.texts["nginx.conf"]
    assert made.texts["nginx.conf"].count("X-Frame-Options") == 2
    assert {f.control for f in made.fixed} >= {"headers-inherited", "obsolete-header-absent"}


def test_safe_fixes_are_written_whatever_becomes_of_risky_ones(tmp_path: Path) -> None:
    safe = plan(Workspace(tmp_path, {"nginx.conf": HEADERS}), Policy(), Wish(validate=False))
    both = plan(Workspace(tmp_path, {"nginx.conf": HEADERS}), Policy(), ALL)
    assert {f.control for f in safe.fixed} <= {f.control for f in both.fixed}


WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {0}
spec:
  selector:
    matchLabels: {{app: {0}}}
  template:
    metadata:
      labels: {{app: {0}}}
    spec:
      containers:
        - name: {0}
          image: registry.example.com/{0}:1.4.2
          ports: [{{containerPort: 8080}}]
"""


def workloads(names: str) -> dict[str, str]:
    return {f"k8s/{name}/deployment.yaml": WORKLOAD.format(name) for name in names}


def test_files_with_fixes_that_disagree_are_tried_together(tmp_path: Path) -> None:
    """Several fixes write the container's `securityContext`, one after the other; how many files there are adds no trial."""
    few = plan(Workspace(tmp_path, workloads("ab")), Policy(), ALL)
    many = plan(Workspace(tmp_path, workloads("abcdefgh")), Policy(), ALL)
    assert 1 < few.trials == many.trials
    assert len(many.fixed) == 4 * len(few.fixed)


def test_fixes_of_many_files_are_those_of_each(tmp_path: Path) -> None:
    files = {
        **workloads("abc"),
        "nginx/nginx.conf": HEADERS,
        "edge/nginx.conf": HEADERS.replace("DENY", "SAMEORIGIN"),
    }
    together = plan(Workspace(tmp_path, files), Policy(), ALL)
    for path, text in files.items():
        assert plan(Workspace(tmp_path, {path: text}), Policy(), ALL).texts[path] == together.texts[path]


def test_all_ports_of_a_store_get_the_same_fix(tmp_path: Path) -> None:
    text = (
        "services:\n  columns:\n    image: clickhouse/clickhouse-server:25.8\n    ports:\n"
        '      - "8123:8123"\n      - "${NATIVE_PORT:-9000}:9000"\n'
    )
    wish = Wish(ALL.accept, frozenset({"store-private", "port-exposure-minimal"}), validate=False)
    made = plan(Workspace(tmp_path, {"compose.yaml": text}), Policy(), wish)
    fixed = made.texts["compose.yaml"].splitlines()
    assert fixed[4:] == [
        '      - "127.0.0.1:8123:8123"',
        '      - "127.0.0.1:${NATIVE_PORT:-9000}:9000"',
    ]
    assert {f.fix.title for f in made.fixed if f.fix} == {"publish the port on 127.0.0.1 only"}
