"""What a review says that it read and did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.account import accounted, shortfalls, strictly
from batten.engine.ledger import Ledger, Reason, Why
from batten.engine.recall import recalled
from batten.engine.review import review
from batten.model import Context
from batten.policy import Policy

EDGE = "server {\n    listen 127.0.0.1:80;\n    server_name a.example;\n}\n"
STORE = "bind 0.0.0.0\nport 6379\n"
SANIC = "app = Sanic('shop')\n"
AZURE = 'resource "azurerm_redis_cache" "a" {\n  enable_non_ssl_port = true\n}\n'


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def ledger(root: Path, policy: Policy | None = None) -> Ledger:
    return accounted(review(root, policy or Policy()))


def unread(found: Ledger) -> list[tuple[str, str]]:
    return [(one.path, one.kind) for one in found.unread]


def test_files_are_told_by_technology_and_context(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE, "dev/Dockerfile": "FROM a:1\n", "README.md": "x"})
    read = {one.path: (one.technologies, one.context) for one in ledger(tmp_path).read}
    assert read == {
        "nginx.conf": (("nginx",), Context.PRODUCTION),
        "dev/Dockerfile": (("dockerfile",), Context.DEVELOPMENT),
    }


def test_what_matters_and_has_no_reader_is_named(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE, "shop/app.py": SANIC, "tests/app.py": SANIC})
    found = ledger(tmp_path)
    assert unread(found) == [
        ("shop/app.py", "Sanic application"),
        ("tests/app.py", "Sanic application"),
    ]
    assert [one.path for one in found.missed] == ["shop/app.py"]


def test_a_file_counts_once(tmp_path: Path) -> None:
    tree(
        tmp_path,
        **{"nginx.conf": EDGE, "conf/redis.conf.j2": STORE, "main.tf": AZURE, "conf/squid.conf": ""},
    )
    found = ledger(tmp_path)
    paths = [one.path for one in found.read] + [one.path for one in found.unread]
    assert sorted(paths) == ["conf/redis.conf.j2", "conf/squid.conf", "main.tf", "nginx.conf"]
    assert {one.path: one.why for one in found.unread} == {
        "conf/redis.conf.j2": Why.TEMPLATE,
        "conf/squid.conf": Why.NO_READER,
        "main.tf": Why.NO_READER,
    }


def test_what_was_not_understood_is_unread_by_name(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE, "compose.yaml": "services:\n  a: [\n"})
    found = ledger(tmp_path)
    assert unread(found) == [("compose.yaml", "Docker Compose")]
    assert [one.why for one in found.unread] == [Why.NOT_UNDERSTOOD]


def test_a_part_that_was_not_understood_is_told(tmp_path: Path) -> None:
    chart = {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": "{}\n"}
    good = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
    tree(tmp_path, **chart, **{"templates/a.yaml": good, "templates/b.yaml": "kind: {{ .Values.a | }}\n"})
    found = ledger(tmp_path)
    assert ("templates/b.yaml", "Helm") in unread(found)
    assert "templates/a.yaml" in {one.path for one in found.read}


def test_what_is_fetched_when_it_is_used_was_not_read(tmp_path: Path) -> None:
    module = 'module "a" {{\n  source = "{}"\n}}\n'
    tree(tmp_path, **{"main.tf": module.format("x/a/aws") + module.format("x/b/aws")})
    found = ledger(tmp_path)
    assert [(one.path, one.part, one.why) for one in found.unread] == [
        ("main.tf", "x/a/aws", Why.ELSEWHERE),
        ("main.tf", "x/b/aws", Why.ELSEWHERE),
    ]
    assert [one.path for one in found.read] == ["main.tf"]


def test_resources_of_another_cloud_beside_known_ones_are_named(tmp_path: Path) -> None:
    tree(tmp_path, **{"main.tf": AZURE + 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'})
    found = ledger(tmp_path)
    assert unread(found) == [("main.tf", "Terraform resources of Azure")]
    assert [(one.path, one.whole) for one in found.read] == [("main.tf", False)]


def test_each_cloud_without_a_reader_is_named(tmp_path: Path) -> None:
    google = 'resource "google_storage_bucket" "a" {\n  name = "a"\n}\n'
    found = ledger(tree(tmp_path, **{"main.tf": AZURE + google}))
    assert unread(found) == [
        ("main.tf", "Terraform resources of Azure"),
        ("main.tf", "Terraform resources of Google Cloud"),
    ]


def test_custom_resources_beside_known_ones_are_named(tmp_path: Path) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
    mesh = "---\napiVersion: gateway.solo.io/v1\nkind: VirtualHostOption\nmetadata: {name: b}\n"
    tree(tmp_path, **{"a.yaml": service + mesh, "b.yaml": mesh})
    found = ledger(tmp_path)
    assert unread(found) == [("a.yaml", "Gloo gateway"), ("b.yaml", "Gloo gateway")]
    assert [(one.path, one.whole) for one in found.read] == [("a.yaml", False)]


def test_unknown_settings_are_counted_by_reason(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE.replace("}", "    include gone.conf;\n}")})
    assert set(ledger(tmp_path).unknown) == {Reason.OUTSIDE}


def test_the_count_is_that_of_strict(tmp_path: Path) -> None:
    policy = Policy()
    tree(tmp_path, **{"nginx.conf": EDGE.replace("}", "    include gone.conf;\n}"), "a/squid.conf": ""})
    result = review(tmp_path, policy)
    found = accounted(result)
    listed = strictly(result)
    assert len(listed) == found.settings + len(found.missed) and found.settings and found.missed


def test_what_is_left_out_is_counted_by_name(tmp_path: Path) -> None:
    names = (
        "node_modules/a/nginx.conf",
        "web/node_modules/b.conf",
        "old/a.conf",
        "old/b.conf",
        "venv2/pyvenv.cfg",
    )
    tree(tmp_path, **{"nginx.conf": EDGE, **dict.fromkeys(names, EDGE)})
    found = ledger(tmp_path, Policy(ignore=("old",)))
    assert found.left_out == {"node_modules/": 2, "old": 2, "virtual environments of Python": 1}


def test_a_kept_review_tells_the_same_ledger(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE, "app.py": SANIC, "node_modules/a": "", "b.env": "A=${B}\n"})
    first, second = (recalled(tmp_path, Policy(), (), None) for _ in range(2))
    assert first.facts and not second.facts
    assert accounted(second) == accounted(first) and accounted(second).left_out == {"node_modules/": 1}


def test_a_kept_review_counts_what_is_left_out_now(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE})
    recalled(tmp_path, Policy(), (), None)
    tree(tmp_path, **{"node_modules/a": ""})
    assert accounted(recalled(tmp_path, Policy(), (), None)).left_out == {"node_modules/": 1}


def test_changed_settings_are_seen_by_a_kept_review(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE, "app.py": "COLOUR = 1\n"})
    assert not accounted(recalled(tmp_path, Policy(), (), None)).unread
    tree(tmp_path, **{"app.py": SANIC})
    assert unread(accounted(recalled(tmp_path, Policy(), (), None))) == [("app.py", "Sanic application")]


@pytest.mark.parametrize("files", [{}, {"a.js": "x", "package.json": '{"name": "a"}'}, {"README.md": "# a"}])
def test_nothing_read_is_a_problem(files: dict[str, str], tmp_path: Path) -> None:
    (problem,) = shortfalls(review(tree(tmp_path, **files), Policy()), ())
    assert problem.message.startswith("nothing was assessed") and problem.counts and problem.hint


def test_a_document_that_only_looks_like_a_contract_is_not_read(tmp_path: Path) -> None:
    tree(tmp_path, **{"package.json": '{"dependencies": {"openapi": "3.0.1"}}'})
    assert not ledger(tmp_path).read


def test_nothing_read_names_what_is_there(tmp_path: Path) -> None:
    (problem,) = shortfalls(review(tree(tmp_path, **{"app.py": SANIC}), Policy()), ())
    assert "Sanic application" in problem.hint


def test_an_environment_that_answered_is_something(tmp_path: Path) -> None:
    assert not shortfalls(review(tmp_path, Policy()), (), answered=True)


def test_a_required_technology_must_be_read_in_production(tmp_path: Path) -> None:
    tree(tmp_path, **{"nginx.conf": EDGE, "test/compose.yaml": "services:\n  a: {image: 'b:1'}\n"})
    result = review(tmp_path, Policy())
    assert not shortfalls(result, (), ("nginx",))
    (caddy, compose) = shortfalls(result, (), ("caddy", "compose", "caddy"))
    assert "no production file of Caddy" in caddy.message
    assert "1 of other contexts" in compose.message


def test_settings_of_a_file_that_is_not_understood_are_not_looked_for(tmp_path: Path) -> None:
    broken = "server {\n    listen 127.0.0.1:80;\n    ssl_ech_file /etc/nginx/ech.pem;\n"
    assert ledger(tree(tmp_path, **{"nginx.conf": broken})).unjudged == ()


def test_what_a_script_decides_is_told(tmp_path: Path) -> None:
    tree(
        tmp_path,
        **{"nginx.conf": EDGE.replace("}", "    js_access main.check;\n    # js_content main.old;\n}")},
    )
    found = [(one.path, one.kind, one.part) for one in ledger(tmp_path).unread if one.why is Why.SCRIPT]
    assert found == [("nginx.conf", "script in nginx", "js_access main.check")]
