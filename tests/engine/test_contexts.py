from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.engine.account import accounted
from batten.engine.baseline import baseline_text, read_baseline
from batten.engine.causes import causes
from batten.engine.contexts import inferred
from batten.engine.fix import Wish, plan
from batten.engine.outcome import Outcome
from batten.engine.recall import recalled
from batten.engine.review import Review, judge_all, read, review
from batten.engine.sides import joined
from batten.engine.traffic import contract_path
from batten.facts import Observed, Store
from batten.formats import Workspace
from batten.model import Context, Finding, Kind, Location, Safety, Severity
from batten.policy import Policy, PolicyProblem
from batten.policy.load import parse_policy
from batten.reports import render
from batten.reports.ledger import summary
from batten.reports.words import verdict

_FOLDER = TemporaryDirectory()
EMPTY = Path(_FOLDER.name)
DEBUG = "FLASK_DEBUG=1\n"
REDIS = 'services:\n  cache:\n    image: redis:8.0\n    ports: ["6379:6379"]\n'
TOKEN = f"GITHUB_TOKEN={'ghp_'}0123456789abcdefghijABCDEFGHIJ012345\n"


@pytest.mark.parametrize(
    ("path", "context"),
    [
        # What is read in production unless somebody says otherwise.
        ("compose.yaml", "production"),
        ("docker-compose.override.yml", "production"),
        ("compose.override.yaml", "production"),
        ("docker.service.d/override.conf", "production"),
        (".env", "production"),
        ("chart/values.yaml", "production"),
        ("deploy/staging/nginx.conf", "production"),
        ("nginx.conf.template", "production"),
        # Pipelines, whatever they are called.
        (".github/workflows/test.yml", "production"),
        (".gitlab-ci.yml", "production"),
        ("build/java.gitlab-ci.yml", "production"),
        (".gitlab/ci/test.yml", "production"),
        # Source sets beside `main`, folders of tests, clusters of a desk; and what only looks like them.
        ("server/src/integrationTest/resources/nginx.conf", "test"),
        ("server/src/testFixtures/resources/keys/tls.key", "test"),
        ("plugin/src/it/simple/pom.xml", "test"),
        ("server/src/contest/nginx.conf", "production"),
        ("tests-operator/src/main/resources/application.yml", "test"),
        ("local-clusters/nas/secrets.yaml", "development"),
        ("local-storage/clusters/secrets.yaml", "production"),
        # Words within other words.
        ("latest/contest.conf", "production"),
        ("developer/devices.conf", "production"),
        ("dev-portal/test-results/nginx.conf", "production"),
        ("localization/inspection.yaml", "production"),
        ("vendors.conf", "production"),
        ("openapi.spec.yaml", "production"),
        ("sites/api.dev.example.com.conf", "production"),
        ("rootfs/usr/local/etc/redis/redis.conf", "production"),
        # Packages of the JVM.
        ("orders/src/main/java/com/example/orders/SecurityConfig.java", "production"),
        ("src/main/kotlin/org/demo/test/Routes.kt", "production"),
        ("src/test/java/com/acme/SecurityConfig.java", "test"),
        ("examples/orders/src/main/java/com/acme/Orders.java", "example"),
        # Folders, the outermost first, and file names.
        ("dev/compose.yaml", "development"),
        ("deploy/Development/appsettings.json", "development"),
        (".devcontainer/docker-compose.yml", "development"),
        ("docker-compose.gitpod.yaml", "development"),
        ("_integration-test/nginx/nginx.conf", "test"),
        (".ci/compose.browser.yaml", "test"),
        ("compose.cypress.yaml", "test"),
        ("deploy/test-nginx.conf", "test"),
        ("deploy/testimonials.conf", "production"),
        ("docker-compose.dev.yml", "development"),
        ("docker-compose-local.yml", "development"),
        ("Dockerfile.dev", "development"),
        ("dev.env", "development"),
        (".env.local", "development"),
        ("orders-dev.service", "development"),
        ("tests/compose.yaml", "test"),
        ("src/test_api.py", "test"),
        ("src/api_test.py", "test"),
        ("src/conftest.py", "test"),
        ("app/fixtures/nginx.conf", "test"),
        ("spec/dummy/.env", "test"),
        ("compose.e2e.yaml", "test"),
        (".ci/compose.yaml", "test"),
        ("compose.cypress.yaml", "test"),
        ("Dockerfile-ci", "test"),
        # Names of several words, of which each says so or says nothing.
        ("e2e-tests/compose.yaml", "test"),
        (".github/tests/compose.yaml", "test"),
        ("docker-compose-dev-updated.yaml", "development"),
        ("shop/dev_settings.py", "development"),
        ("devcontainer-example/start_services.sh", "example"),
        ("deploy/demo-app/values.yaml", "example"),
        ("local_dev_env/compose.yaml", "development"),
        ("local-k8s/infra/redis.yaml", "development"),
        ("local-shop-kubernetes.yaml", "development"),
        ("local-path-provisioner/config.yaml", "production"),
        ("infra/kind/registry.sh", "development"),
        ("k8s/minikube/values.yaml", "development"),
        ("src/parser/kind/nginx.conf", "production"),
        ("ansible/roles/proxy/molecule/default/compose.yaml", "test"),
        ("molecule/api/compose.yaml", "production"),
        ("shop/local_settings.py", "production"),
        ("dev-portal-app/compose.yaml", "production"),
        ("test-results/nginx.conf", "production"),
        ("api-docs/nginx.conf", "production"),
        ("ci-scripts/deploy.sh", "production"),
        ("compose-app.yaml", "production"),
        ("web-server/nginx.conf", "production"),
        (".env.example", "example"),
        (".env.dist", "example"),
        ("prod.tfvars.template", "example"),
        ("examples/test/compose.yaml", "example"),
        ("docs/nginx.conf", "example"),
        ("vendor/acme/tests/compose.yaml", "vendored"),
        ("third_party/redis.conf", "vendored"),
        ("web/node_modules/a/.env", "vendored"),
    ],
)
def test_a_path_says_what_lies_there(path: str, context: str) -> None:
    assert inferred(path).value == context


def test_contracts_are_published_from_folders_of_documents() -> None:
    assert inferred("docs/openapi.yaml", "openapi") is Context.PRODUCTION
    assert inferred("spec/api.yaml", "asyncapi") is Context.PRODUCTION
    assert inferred("tests/docs/openapi.yaml", "openapi") is Context.TEST


def found(files: dict[str, str], policy: Policy | None = None) -> Review:
    return review(Workspace(EMPTY, files), policy or Policy())


def of(result: Review, control: str) -> list[tuple[str, str, bool]]:
    return [(f.at.source, f.severity.label, f.counts) for f in result.findings if f.control == control]


def outcome(result: Review) -> Outcome:
    return Outcome(
        "review", "/r", Severity.LOW, result.findings, result.problems, withheld=result.withheld, files=1
    )


def test_an_override_that_compose_reads_on_every_up_counts() -> None:
    base = "services:\n  api:\n    image: registry.example.com/api:1\n"
    result = found({"docker-compose.yml": base, "docker-compose.override.yml": REDIS})
    assert of(result, "store-authenticated") == [("docker-compose.override.yml", "critical", True)]


def test_a_repository_that_deploys_from_a_folder_named_test_is_told_its_findings() -> None:
    """Names decide what counts, never what is told."""
    result = found({"test/compose.yaml": REDIS})
    assert of(result, "store-authenticated") == [("test/compose.yaml", "low", False)]
    made = outcome(result)
    assert made.exit_code == 0 and not made.active
    assert (
        f"{len(causes(result.findings))} findings in test files do not count towards the verdict"
        in verdict(made)
    )
    counted = found({"test/compose.yaml": REDIS}, parse_policy("batten.yaml", "contexts: {test: production}"))
    assert of(counted, "store-authenticated") == [("test/compose.yaml", "critical", True)]
    assert counted.withheld.mapped == 0


@pytest.mark.parametrize(
    ("files", "control"),
    [
        pytest.param(
            {
                "nginx.conf": "events {}\nhttp { include test/*.conf; }\n",
                "test/site.conf": "server { listen 80; server_name a.example; root /srv; }\n",
            },
            "tls-required",
            id="nginx",
        ),
        pytest.param(
            {
                "compose.yaml": "include: [dev/db.yaml]\nservices:\n  api:\n    image: registry.example.com/api:1\n",
                "dev/db.yaml": REDIS,
            },
            "store-authenticated",
            id="compose",
        ),
    ],
)
def test_what_production_includes_counts_whatever_it_is_called(files: dict[str, str], control: str) -> None:
    """Seen once: an edge whose servers are in `test/`, and no finding in them counted."""
    for policy in ("", 'contexts: {"test/**": test, "dev/**": vendored}\n'):
        result = review(Workspace(EMPTY, files), parse_policy("batten.yaml", "version: 1\n" + policy))
        found = [f for f in result.findings if f.control == control]
        assert found
        assert all(f.counts and f.context is Context.PRODUCTION for f in found)


def test_what_a_variant_of_compose_brings_is_of_its_context() -> None:
    files = {
        "compose.yaml": "services:\n  api:\n    image: registry.example.com/api:1\n",
        "compose.dev.yaml": "services:\n  api:\n    env_file: local/api.env\n",
        "local/api.env": "API_PASSWORD=tea-4471-harbour\n",
    }
    found = [f for f in review(Workspace(EMPTY, files), Policy()).findings if f.at.source == "local/api.env"]
    assert found
    assert not any(f.counts for f in found)


def test_the_folders_around_the_root_tell_nothing(tmp_path: Path) -> None:
    root = tmp_path / "test" / "vendor" / "shop"
    root.mkdir(parents=True)
    (root / "compose.yaml").write_text(REDIS)
    assert of(review(root, Policy()), "store-authenticated") == [("compose.yaml", "critical", True)]


def test_what_a_checkout_takes_out_of_the_verdict_is_told() -> None:
    policy = parse_policy("batten.yaml", "contexts: {deploy/**: example}")
    result = found({"deploy/compose.yaml": REDIS}, policy)
    assert not any(f.counts for f in result.findings)
    assert result.withheld.mapped == len(result.findings) > 0
    assert "batten.yaml lowers" in verdict(outcome(result))


@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "json", "sarif", "junit", "gitlab"])
def test_every_report_tells_what_a_checkout_takes_out_of_the_verdict(form: str) -> None:
    result = found({"deploy/compose.yaml": REDIS}, parse_policy("batten.yaml", "contexts: {'**': vendored}"))
    text = " ".join(render(form, outcome(result), result.workspace, width=200).replace("\\", "").split())
    assert f"batten.yaml lowers {len(result.findings)} findings by its `contexts:`" in text


def test_what_a_checkout_makes_milder_is_told_too() -> None:
    text = "contexts:\n  deploy/**: development\n  development: {severity: info, gate: true}\n"
    result = found({"deploy/compose.yaml": REDIS}, parse_policy("batten.yaml", text))
    assert {(f.severity.label, f.counts) for f in result.findings} == {("info", True)}
    assert result.withheld.mapped == len(result.findings)


def test_contexts_are_read_in_order_and_keep_their_severity() -> None:
    text = "contexts:\n  a/b/**: production\n  a/**: test\n  test: {severity: keep, gate: true}\n"
    files = {"a/b/compose.yaml": REDIS, "a/compose.yaml": REDIS}
    result = found(files, parse_policy("batten.yaml", text))
    assert sorted(of(result, "store-authenticated")) == [
        ("a/b/compose.yaml", "critical", True),
        ("a/compose.yaml", "critical", True),
    ]
    assert {f.at.source: f.context.value for f in result.findings} == {
        "a/b/compose.yaml": "production",
        "a/compose.yaml": "test",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("contexts: {a: prod}", "'prod' is not a context"),
        ("contexts: {production: {gate: false}}", "'production' is not a context with settings"),
        ("contexts: {a/**: {gate: false}}", "'a/**' is not a context with settings"),
        ("contexts: {test: {severity: mild}}", "is not a severity"),
        ("contexts: {test: {gat: false}}", "a context has no key 'gat'"),
        ("contexts: {test: {gate: 3}}", "true or false is expected"),
        ("contexts: [a]", "contexts must be a mapping"),
    ],
)
def test_what_cannot_be_a_context_is_refused(text: str, told: str) -> None:
    with pytest.raises(PolicyProblem, match=r"^batten\.yaml:1: ") as refused:
        parse_policy("batten.yaml", text)
    assert told in str(refused.value)


def test_a_committed_token_is_as_bad_in_a_test() -> None:
    password = "DB_PASSWORD=tea-4471-harbour\n"
    result = found({"tests/.env": TOKEN + password, ".env.example": TOKEN})
    secrets = of(result, "history-free-of-secrets")
    assert sorted(secrets) == [
        (".env.example", "high", True),
        ("tests/.env", "high", True),
        ("tests/.env", "low", False),
    ]


def test_an_open_port_of_a_developers_tool_reaches_nothing_in_production() -> None:
    services = (
        "services:\n"
        "  admin:\n    image: registry.example.com/admin:1\n    ports: ['9000:9000']\n"
        "    environment: {DATABASE_URL: 'postgres://db/orders'}\n    profiles: [dev]\n"
        "  db:\n    image: postgres:18\n"
    )
    reached = [f.reach for f in found({"compose.yaml": services}).findings if "services[db]" in f.at.pointer]
    assert reached and {way[0] for way in reached if way} == {"its own networks only"}


def test_a_developers_project_owns_no_file_of_production() -> None:
    """A proxy that a developer's project publishes on loopback says nothing of where it is deployed."""
    compose = (
        "services:\n  edge:\n    image: nginx:1.30\n    ports: ['127.0.0.1:80:80']\n"
        "    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n"
    )
    nginx = "events {}\nhttp {\n  server {\n    listen 80;\n    server_tokens on;\n  }\n}\n"
    for name, reach in (("compose.dev.yaml", set()), ("compose.yaml", {"this host only"})):
        result = found({name: compose, "nginx.conf": nginx})
        ways = {f.reach[0] for f in result.findings if f.at.source == "nginx.conf" and f.reach}
        assert ways == reach


def test_a_store_of_a_developers_project_does_not_stand_for_the_one_in_production() -> None:
    compose = (
        "services:\n  cache:\n    image: redis:8.0\n    command: redis-server /etc/redis.conf\n"
        "    volumes: ['./redis.conf:/etc/redis.conf:ro']\n"
    )
    files = {"compose.dev.yaml": compose, "redis.conf": "bind 0.0.0.0\nprotected-mode no\n"}
    assert ("redis.conf", "critical", True) in of(found(files), "store-authenticated")


def test_an_open_store_of_a_test_does_not_stand_for_the_one_in_production() -> None:
    """What is declared with a password and answers without is told, though a test's store asks for none."""
    closed = (
        "services:\n  cache:\n    image: redis:8.0\n"
        "    command: redis-server --requirepass ${CACHE_PASSWORD:?set it}\n"
    )
    for path, told in (("tests/compose.yaml", 1), ("deploy/compose.yaml", 0)):
        result = read(Workspace(EMPTY, {"compose.yaml": closed, path: REDIS}), Policy())
        at = Location("redis://10.0.0.5:6379", "AUTH", kind=Kind.WIRE)
        store = replace(next(f for f in result.facts if isinstance(f, Store)), at=at, answers=True)
        judge_all(result, observed=[Observed(at, "staging", store)])
        assert len([f for f in result.findings if f.control == "declared-effective"]) == told


def test_a_file_that_cannot_be_read_counts_as_its_context_does() -> None:
    broken = {"tests/compose.yaml": "services: [\n"}
    result = found(broken)
    assert [p.counts for p in result.problems] == [False]
    assert outcome(result).exit_code == 0
    assert outcome(found({"compose.yaml": "services: [\n"})).exit_code != 0


def test_a_baseline_notes_and_knows_what_counts_only(tmp_path: Path) -> None:
    files = {"dev/compose.yaml": REDIS, "compose.yaml": REDIS}
    result = found(files)
    text, count = baseline_text(result.findings)
    assert count == len([f for f in result.findings if f.counts])
    (tmp_path / "b.json").write_text(text)
    again = review(Workspace(EMPTY, files), Policy(), baseline=read_baseline(tmp_path / "b.json"))
    assert {f.suppression is not None for f in again.findings if f.counts} == {True}
    assert {f.suppression for f in again.findings if not f.counts} == {None}


def test_a_fix_leaves_other_contexts_alone_unless_they_are_named() -> None:
    workspace = Workspace(EMPTY, {".env": DEBUG, "dev/.env": DEBUG})
    wish = Wish(frozenset(Safety), validate=False)
    made = plan(workspace, Policy(), wish)
    assert set(made.texts) == {".env"}
    (left,) = made.left
    assert left.finding.at.source == "dev/.env"
    assert left.reason == "development files are changed only with --context development"
    named = plan(workspace, Policy().counting([Context.DEVELOPMENT]), wish)
    assert set(named.texts) == {".env", "dev/.env"} and not named.left


def test_a_finding_keeps_its_context_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    (root / "dev").mkdir(parents=True)
    (root / "dev" / ".env").write_text(DEBUG)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def told(policy: Policy) -> list[tuple[Context, bool]]:
        return [(f.context, f.counts) for f in recalled(root, policy, (), None).findings]

    policy = Policy()
    assert told(policy) == told(policy) == [(Context.DEVELOPMENT, False)]
    assert told(policy.counting([Context.DEVELOPMENT])) == [(Context.DEVELOPMENT, True)]


def test_a_location_is_the_same_whatever_it_is_for() -> None:
    plain, told = Location("a", "p"), Location("a", "p", context=Context.TEST)
    assert plain == told and hash(plain) == hash(told)
    assert pickle.loads(pickle.dumps(told)).context is Context.TEST


def test_where_one_sentence_is_of_two_contexts_both_are_told() -> None:
    compose = "services:\n  a: &a\n    image: redis:8.0\n  b:\n    image: redis:8.0\n    profiles: [test]\n"
    result = found({"compose.yaml": compose})
    contexts = [f.context.value for f in result.findings if f.control == "store-authenticated"]
    assert sorted(contexts) == ["production", "test"]


def test_json_tells_the_context_of_each_finding() -> None:
    result = found({"dev/compose.yaml": REDIS})
    report = json.loads(render("json", outcome(result), result.workspace))
    assert report["summary"]["findings"] == 0 and report["summary"]["suppressed"] == 0
    assert report["summary"]["apart"] == {"development": len(causes(result.findings))}
    assert {(f["context"], f["counts"]) for f in report["findings"]} == {("development", False)}


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "markdown", "html"])
def test_every_report_tells_what_does_not_count(form: str) -> None:
    result = found({"dev/compose.yaml": REDIS, "tests/compose.yaml": REDIS})
    text = " ".join(render(form, outcome(result), result.workspace, width=200).replace("\\", "").split())
    many = len(causes(result.findings))
    assert f"{many} findings in development and test files do not count towards the verdict" in text


def test_the_terminal_collapses_what_does_not_count_until_it_is_asked() -> None:
    result = found({"dev/compose.yaml": REDIS, "dev/b/compose.yaml": REDIS.replace("cache", "queue")})
    short = render("terminal", outcome(result), result.workspace)
    assert "2 × LOW  store-authenticated, in 2 files below dev (development)" in short
    assert "dev/b/compose.yaml:2:3" not in short and "`--verbose` lists them" in short
    whole = render("terminal", outcome(result), result.workspace, verbose=True)
    assert "dev/b/compose.yaml:2:3" in whole and "`--verbose` lists them" not in whole


def test_machines_are_told_what_does_not_count() -> None:
    result = found({"dev/compose.yaml": REDIS})
    issues = json.loads(render("gitlab", outcome(result), result.workspace))
    assert len(issues) == len(causes(result.findings))
    assert all("in a development file: it does not count" in i["description"] for i in issues)
    junit = render("junit", outcome(result), result.workspace)
    assert 'failures="0"' in junit and f'skipped="{len(causes(result.findings))}"' in junit
    run = json.loads(render("sarif", outcome(result), result.workspace))["runs"][0]
    assert run["properties"]["apart"] == {"development": len(causes(result.findings))}
    assert {(r["properties"]["context"], r["properties"]["counts"]) for r in run["results"]} == {
        ("development", False)
    }
    assert {r["level"] for r in run["results"]} == {"note"}


def test_nothing_that_is_found_is_left_out_of_the_outcome() -> None:
    files = {"compose.yaml": REDIS, "dev/compose.yaml": REDIS, "vendor/compose.yaml": REDIS}
    made = outcome(found(files))

    def places(findings: list[Finding]) -> set[str]:
        return {f.at.source for f in findings}

    assert len(made.findings) == len(made.active) + len(made.apart) + len(made.suppressed)
    assert places(made.active) == {"compose.yaml"}
    assert places(made.apart) == {"dev/compose.yaml", "vendor/compose.yaml"}


def test_the_contract_of_a_test_stands_back() -> None:
    contract = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n"
    files = {"docs/openapi.yaml": contract, "tests/openapi.yaml": contract}
    assert contract_path(read(Workspace(EMPTY, files), Policy())) == "docs/openapi.yaml"


def test_the_command_line_names_the_contexts_that_count(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / ".env").write_text(DEBUG)
    (tmp_path / "batten.yaml").write_text("version: 1\n")

    def run(*arguments: str) -> tuple[int, str]:
        answer = CliRunner().invoke(main, [*arguments, str(tmp_path)])
        return answer.exit_code, answer.output

    assert run("review", "--no-cache")[0] == 0
    code, told = run("review", "--no-cache", "--context", "development")
    assert code == 1 and "do not count" not in told
    code, told = run("fix", "--risky", "--no-validate")
    assert code == 0 and "1 finding: development files are changed only with --context development" in told
    assert (tmp_path / "dev" / ".env").read_text() == DEBUG
    code, told = run("fix", "--risky", "--no-validate", "--context", "development")
    assert code == 0 and (tmp_path / "dev" / ".env").read_text() == "FLASK_DEBUG=0\n"
    assert run("review", "--context", "production")[0] == 2


def test_what_was_seen_live_is_declared_by_production_only() -> None:
    declared = found({"tests/compose.yaml": REDIS, "compose.yaml": REDIS}).findings
    open_store = next(f for f in declared if f.control == "store-authenticated" and f.counts)
    wire = Location("redis://10.0.0.5:6379", "AUTH", kind=Kind.WIRE)
    live, *others = joined([replace(open_store, at=wire, environment="staging"), *declared])
    assert {at.source for at in live.related} == {"compose.yaml"}
    named = {f.at.source for f in others if wire in f.related}
    assert named == {"compose.yaml"}


def test_a_profile_is_no_word_of_batten_yaml() -> None:
    """What structure keeps out of the verdict is not said to be the policy's doing."""
    text = "services:\n  a:\n    image: redis:8.0\n    profiles: [dev]\n    privileged: true\n"
    result = found({"compose.yaml": text}, parse_policy("batten.yaml", "contexts: {other/**: test}"))
    assert not any(f.counts for f in result.findings) and "container-unprivileged" in {
        f.control for f in result.findings
    }
    assert result.withheld.mapped == 0


@pytest.mark.parametrize(
    ("beside", "services", "context"),
    [
        ("k8s/deployment.yaml", REDIS, Context.DEVELOPMENT),
        ("chart/Chart.yaml", REDIS, Context.DEVELOPMENT),
        ("src/main.py", REDIS, Context.PRODUCTION),
        ("k8s/deployment.yaml", f"{REDIS}  api:\n    image: shop.example.com/api:1\n", Context.PRODUCTION),
        ("k8s/deployment.yaml", f"{REDIS}  cache2:\n    build: .\n", Context.PRODUCTION),
    ],
)
def test_stores_beside_a_cluster_are_for_development(beside: str, services: str, context: Context) -> None:
    result = review(Workspace(EMPTY, {"compose.yaml": services, beside: "a: 1\n"}), Policy())
    found = {f.context for f in result.findings if f.control == "store-authenticated"}
    assert found == {context}


MAILBOX = "  mail:\n    image: axllent/mailpit:v1.21\n"
EDITED = "  web:\n    build: {context: .}\n    volumes: ['./:/app', 'logs:/logs']\n"


@pytest.mark.parametrize(
    ("services", "context"),
    [
        (f"{EDITED}{MAILBOX}", Context.DEVELOPMENT),
        (f"{EDITED.replace('{context: .}', 'docker/php')}{MAILBOX}", Context.DEVELOPMENT),
        (f"{EDITED}", Context.PRODUCTION),
        (f"{EDITED.replace('./:', './uploads:')}{MAILBOX}", Context.PRODUCTION),
        (
            f"{EDITED.replace('build: {context: .}', 'image: shop.example.com/web:1')}{MAILBOX}",
            Context.PRODUCTION,
        ),
        ("  web:\n    build: ./vendor/laravel/sail/runtimes/8.4\n", Context.DEVELOPMENT),
    ],
)
def test_source_that_is_edited_while_it_runs_is_for_development(services: str, context: Context) -> None:
    result = review(Workspace(EMPTY, {"compose.yaml": f"{REDIS}{services}"}), Policy())
    assert {f.context for f in result.findings if f.control == "store-authenticated"} == {context}


@pytest.mark.parametrize(
    ("head", "context"),
    [
        ("# Docker Compose for local development\n", Context.DEVELOPMENT),
        ('version: "3.9"\n\n# --- Shop Local Development Environment ---\n', Context.DEVELOPMENT),
        ("name: shop\n# Not for production.\n", Context.DEVELOPMENT),
        ("# For local development and production.\n", Context.PRODUCTION),
        ("x-env: &env {A: b}\n# Local development environment\n", Context.PRODUCTION),
    ],
)
def test_the_comment_at_the_head_says_what_a_compose_file_is_for(head: str, context: Context) -> None:
    result = review(Workspace(EMPTY, {"compose.yaml": f"{head}{REDIS}"}), Policy())
    assert {f.context for f in result.findings if f.control == "store-authenticated"} == {context}


URL = "Resources:\n  Shop:\n    Type: AWS::Lambda::Url\n    Properties: {AuthType: NONE, TargetFunctionArn: shop}\n"


@pytest.mark.parametrize(
    ("head", "settings", "context"),
    [
        ("# SAM template for testing the function locally.\n", "", Context.DEVELOPMENT),
        ("# For local testing\n\n", "", Context.DEVELOPMENT),
        ("# For local tests and staging\n", "", Context.PRODUCTION),
        ("# Tests of the shop.\n", "", Context.PRODUCTION),
        ("# For local testing\n", "version = 0.1\n", Context.PRODUCTION),
        ("Description: x\n# For local testing\n", "", Context.PRODUCTION),
    ],
)
def test_the_comment_at_the_head_says_what_a_template_is_for(
    head: str, settings: str, context: Context
) -> None:
    files = {"template.yaml": f"{head}{URL}"} | ({"samconfig.toml": settings} if settings else {})
    result = review(Workspace(EMPTY, files), Policy())
    assert {f.context for f in result.findings if f.control == "cloud-api-authorised"} == {context}


BASE = "services:\n  web:\n    image: shop.example.com/web:1\n    privileged: true\n    environment: {DJANGO_DEBUG: '1'}\n"


def test_a_base_that_a_file_for_production_completes_is_what_developers_start() -> None:
    deployed = "services:\n  web:\n    environment: {DJANGO_DEBUG: '0'}\n"
    alone = review(Workspace(EMPTY, {"compose.yaml": BASE}), Policy()).findings
    files = {"compose.yaml": BASE, "compose.prod.yaml": deployed}
    both = review(Workspace(EMPTY, files), Policy()).findings
    assert [f.context for f in alone if f.control == "debug-off"] == [Context.PRODUCTION]
    assert {f.context for f in both if f.control == "debug-off"} == {Context.DEVELOPMENT}
    assert Context.PRODUCTION in {f.context for f in both if f.case == "privileged"}


# --- archived files, and files that git keeps out ---


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("archive/compose.yaml", "archived"),
        ("deploy/OLD/nginx.conf", "archived"),
        ("compose.old.yaml", "archived"),
        ("haproxy.cfg.save", "archived"),
        ("redis.conf.dpkg-dist", "archived"),
        ("nginx.conf.bak", "archived"),
        ("values.yaml~", "archived"),
        # What still runs, or holds what is still valid.
        ("legacy/compose.yaml", "production"),
        (".env.bak", "production"),
        ("archive.conf", "production"),
        ("bold.conf", "production"),
        ("tests/old/compose.yaml", "test"),
    ],
)
def test_what_was_put_away_is_told_by_its_folder_or_its_suffix(path: str, context: str) -> None:
    assert inferred(path).value == context


def repository(tmp_path: Path, files: dict[str, str], add: tuple[str, ...] = ()) -> Workspace:
    git(tmp_path, "init", "-q")
    return written(tmp_path, files, add)


def written(root: Path, files: dict[str, str], add: tuple[str, ...] = ()) -> Workspace:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    if add:
        git(root, "add", "-f", *add)
    return Workspace(root)


def git(folder: Path, *words: str) -> None:
    run(["git", "-C", str(folder), *words], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})


IGNORED = {".gitignore": "mine/\n*.override.yaml\n", "mine/compose.yaml": REDIS, "compose.yaml": REDIS}


def test_what_git_keeps_out_is_reported_apart(tmp_path: Path) -> None:
    result = review(repository(tmp_path, IGNORED, ("compose.yaml", ".gitignore")), Policy())
    assert of(result, "store-authenticated") == [
        ("compose.yaml", "critical", True),
        ("mine/compose.yaml", "low", False),
    ]
    assert "in gitignored files do not count" in verdict(outcome(result))
    assert summary(accounted(result)).startswith("2 files read · 1 gitignored")


def test_a_tracked_file_counts_whatever_a_gitignore_says(tmp_path: Path) -> None:
    """A pull request could else take a file out of the verdict by naming it."""
    add = ("compose.yaml", "mine/compose.yaml", ".gitignore")
    result = review(repository(tmp_path, IGNORED, add), Policy())
    assert [row[2] for row in of(result, "store-authenticated")] == [True, True]


def test_a_file_that_production_includes_stays_what_git_keeps_out(tmp_path: Path) -> None:
    compose = "services:\n  api:\n    image: acme/api:1.0\n    env_file: .env\n"
    files = {".gitignore": ".env\n", ".env": DEBUG, "compose.yaml": compose}
    result = review(repository(tmp_path, files, ("compose.yaml", ".gitignore")), Policy())
    assert {f.context for f in result.findings if f.at.source == ".env"} == {Context.GITIGNORED}


def test_a_token_in_a_tracked_file_is_committed_whatever_a_gitignore_says(tmp_path: Path) -> None:
    files = {".gitignore": ".env\n", ".env": TOKEN}
    workspace = repository(tmp_path, files)
    assert of(review(workspace, Policy()), "history-free-of-secrets") == []
    git(tmp_path, "add", "-f", ".env")
    assert of(review(Workspace(tmp_path), Policy()), "history-free-of-secrets") == [(".env", "high", True)]


def test_a_token_in_a_file_that_git_keeps_out_does_not_count(tmp_path: Path) -> None:
    compose = (
        f"services:\n  api:\n    image: acme/api:1.0\n    environment:\n      {TOKEN.replace('=', ': ')}"
    )
    files = {".gitignore": "compose.yaml\n", "compose.yaml": compose, "redis.conf": "port 0\n"}
    result = review(repository(tmp_path, files), Policy())
    assert of(result, "secret-not-inline") == [("compose.yaml", "low", False)]


def test_what_git_cannot_say_is_taken_to_be_tracked(tmp_path: Path) -> None:
    workspace = repository(tmp_path, IGNORED, ("compose.yaml",))
    (tmp_path / ".git/index").write_bytes(b"DIRC broken")
    assert all(row[2] for row in of(review(workspace, Policy()), "store-authenticated"))


def test_without_a_repository_the_list_alone_decides(tmp_path: Path) -> None:
    result = review(written(tmp_path, IGNORED), Policy())
    assert [row[2] for row in of(result, "store-authenticated")] == [True, False]


def test_a_list_that_ignores_everything_is_no_pass(tmp_path: Path) -> None:
    written(tmp_path, {".gitignore": "*\n", "compose.yaml": REDIS})
    answer = CliRunner().invoke(main, ["review", str(tmp_path), "--no-cache"])
    assert answer.exit_code == 3, answer.output
    said = " ".join(answer.output.split())  # on one line, however wide the terminal is
    assert "nothing was assessed: the one file that was read is named by .gitignore" in said
    counted = CliRunner().invoke(main, ["review", str(tmp_path), "--no-cache", "--context", "gitignored"])
    assert counted.exit_code == 1, counted.output


def test_a_kept_review_is_not_used_once_a_file_is_tracked(tmp_path: Path) -> None:
    repository(tmp_path, IGNORED, ("compose.yaml",))
    assert sum(f.counts for f in recalled(tmp_path, Policy(), (), None).findings) > 0
    before = [f.counts for f in recalled(tmp_path, Policy(), (), None).findings]
    git(tmp_path, "add", "-f", "mine/compose.yaml")
    after = [f.counts for f in recalled(tmp_path, Policy(), (), None).findings]
    assert not all(before) and all(after)


def test_batten_yaml_has_the_last_word_about_an_ignored_file(tmp_path: Path) -> None:
    policy = parse_policy("batten.yaml", "contexts: {mine: production}\n")
    result = review(repository(tmp_path, IGNORED), policy)
    assert all(row[2] for row in of(result, "store-authenticated"))


def test_a_repository_within_the_repository_is_vendored(tmp_path: Path) -> None:
    files = {"sub/compose.yaml": REDIS, "sub/.env": TOKEN, ".gitignore": "*.env\n", "compose.yaml": REDIS}
    workspace = repository(tmp_path, files, ("compose.yaml",))
    git(tmp_path / "sub", "init", "-q")
    git(tmp_path / "sub", "add", ".")
    found = {f.at.source: f.context.value for f in review(workspace, Policy()).findings}
    assert found == {"compose.yaml": "production", "sub/compose.yaml": "vendored", "sub/.env": "vendored"}


def test_a_chart_that_a_repository_of_charts_publishes_is_vendored() -> None:
    chart = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n  - {name: cache, version: 1.0.0, repository: %s}\n"
    below = {
        "charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
        "charts/cache/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: cache}\n"
        "spec:\n  containers:\n    - {name: cache, image: 'redis:8.0', securityContext: {privileged: true}}\n",
    }
    for repository, context in (
        ("https://charts.example.com", "vendored"),
        ("file://charts/cache", "production"),
    ):
        result = found({"Chart.yaml": chart % f"'{repository}'", **below})
        assert {f.context.value for f in result.findings if f.at.source.startswith("charts/")} == {context}


# --- what is published from folders for developers ---

ON_RELEASE = (
    "on:\n  release:\n    types: [published]\njobs:\n  publish:\n    runs-on: ubuntu-24.04\n    steps:\n"
)
TESTED = "on:\n  pull_request:\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n"
PUSH = "      - uses: docker/build-push-action@v6\n        with: {context: ., file: dev/build/Dockerfile, push: true}\n"
IMAGE = "FROM debian:13\nRUN chmod 777 /srv\n"


@pytest.mark.parametrize(
    ("workflow", "context"),
    [
        (f"{ON_RELEASE}{PUSH}", "production"),
        (f"{ON_RELEASE}{PUSH.replace('push: true', 'push: false')}", "development"),
        (f"{TESTED}{PUSH}", "development"),
        (f"{ON_RELEASE}      - run: docker build -t acme/shop:1 -f dev/build/Dockerfile . && docker push acme/shop:1\n", "production"),
        (f"{ON_RELEASE}      - run: docker buildx build --push --platform linux/amd64 --file=dev/build/Dockerfile -t acme/shop .\n", "production"),
        (f"{ON_RELEASE}      - run: docker build -t acme/shop:1 -f dev/build/Dockerfile .\n", "development"),
        (f"{ON_RELEASE}      - run: docker buildx build --push -t acme/shop dev/build\n", "production"),
        (f"{ON_RELEASE}      - run: docker buildx build --push -t acme/shop $FOLDER\n", "development"),
        (f"{ON_RELEASE}      - run: docker buildx build --push -t 'acme dev/build\n", "development"),
    ],
)  # fmt: skip
def test_what_a_release_publishes_is_production(workflow: str, context: str, tmp_path: Path) -> None:
    write = {".github/workflows/images.yml": workflow, "dev/build/Dockerfile": IMAGE}
    write["dev/build/test/Dockerfile"] = IMAGE
    result = review(Workspace(tmp_path, write), Policy())
    found = {f.at.source: f.context.value for f in result.findings if f.at.source.endswith("Dockerfile")}
    assert found["dev/build/Dockerfile"] == context
    assert found["dev/build/test/Dockerfile"] != "production"


def test_a_chart_that_is_packed_and_pushed_is_production_unless_batten_yaml_says_otherwise(
    tmp_path: Path,
) -> None:
    workflow = f"{ON_RELEASE}      - run: |\n          helm package dev/helm --version 1 -d out\n          helm push out/shop-1.tgz oci://r.example/shop\n"
    files = {
        ".github/workflows/chart.yml": workflow,
        "dev/helm/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "dev/helm/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: [{name: a, image: 'a:1'}]}\n",
    }
    pod = "dev/helm/templates/pod.yaml"
    found = [f for f in review(Workspace(tmp_path, files), Policy()).findings if f.at.source == pod]
    assert {f.context for f in found} == {Context.PRODUCTION}
    told = Policy(contexts=(("dev/**", Context.DEVELOPMENT),))
    found = [f for f in review(Workspace(tmp_path, files), told).findings if f.at.source == pod]
    assert {f.context for f in found} == {Context.DEVELOPMENT}


@pytest.mark.parametrize(
    ("folder", "description", "context"),
    [
        ("charts/shop-demo", "demo of the shop", Context.EXAMPLE),
        ("charts/shop-demo/charts/db", "an example shop", Context.PRODUCTION),
        ("charts/shop-demo", "the shop", Context.PRODUCTION),
        ("charts/shop", "demo of the shop", Context.PRODUCTION),
        ("charts/demographics", "demo of the shop", Context.PRODUCTION),
        ("charts/shop-demo", "democracy in shops", Context.PRODUCTION),
    ],
)
def test_a_chart_demonstrates_where_its_folder_and_its_description_say_so(
    tmp_path: Path, folder: str, description: str, context: Context
) -> None:
    chart = tmp_path / folder
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text(
        f"apiVersion: v2\nname: shop\nversion: 1.0.0\ndescription: {description}\n"
    )
    (chart / "init.sql").write_text("CREATE USER shop WITH PASSWORD 'Vq7kd82Lmz0pX';\n")
    (found,) = [f for f in review(tmp_path, Policy()).findings if f.control == "secret-not-inline"]
    assert found.context is context
