"""What one decision or one repair ends is one finding, with all its places."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from batten.engine.baseline import baseline_text, read_baseline
from batten.engine.causes import Cause, cause_key, causes, summed_up
from batten.engine.outcome import Outcome
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.model import Bundle, Context, Finding, Kind, Location, Severity, Span, State, Suppression
from batten.policy import Policy

EMPTY = Path("/nonexistent")
POLICY = Policy()
MANY = tuple("abcdefghi")


def found(files: dict[str, str]) -> Review:
    return review(Workspace(EMPTY, files), POLICY, fixes=False)


def service(name: str, *lines: str, image: str = "") -> str:
    said = "".join(f"    {line}\n" for line in lines)
    return f"  {name}:\n    image: {image or f'registry.example/{name}:1.4.2'}\n{said}"


def rooted(name: str) -> str:
    return service(name, "user: root", f"ports: ['{8000 + ord(name)}:8000']")


def compose(*services: str) -> str:
    return "services:\n" + "".join(services)


def of(result: Review, control: str, case: str = "") -> list[Cause]:
    return [c for c in causes(result.findings) if c.lead.control == control and case in ("", c.lead.case)]


def a_finding(**fields: object) -> Finding:
    known: dict[str, object] = {
        "control": "container-limited",
        "case": "no-limit",
        "severity": Severity.LOW,
        "message": "`api` has no limit on memory",
        "at": Location("compose.yaml", "services[api]"),
        "fingerprint": "f",
    }
    return Finding(**(known | fields))  # type: ignore[arg-type]


def test_services_with_one_weakness_are_one_finding_in_any_number_of_files() -> None:
    files = {
        "shop/compose.yaml": compose(*map(rooted, MANY[:5])),
        "office/compose.yaml": compose(*map(rooted, MANY[5:])),
    }
    (cause,) = of(found(files), "container-not-root")
    assert cause.message == "`f`, `g` and 7 more run as root"
    assert Counter(f.at.source for f in cause.places) == {"shop/compose.yaml": 5, "office/compose.yaml": 4}
    assert len({f.fingerprint for f in cause.places}) == 9


def test_an_anchor_is_one_finding_however_often_it_is_used() -> None:
    head = "x-all: &all\n  privileged: true\nservices:\n"
    uses = "".join(f"  {n}:\n    <<: *all\n    image: registry.example/{n}:1.4.2\n" for n in MANY)
    privileged = of(found({"compose.yaml": head + uses}), "container-unprivileged", "privileged")
    assert [len(cause.places) + len(cause.lead.also) for cause in privileged] == [9]


def test_what_is_privileged_by_itself_stays_a_finding_of_its_own() -> None:
    text = compose(*(service(name, "privileged: true") for name in MANY))
    assert len(of(found({"compose.yaml": text}), "container-unprivileged", "privileged")) == 9


def test_each_open_store_and_each_published_port_is_a_finding() -> None:
    stores = (
        service(
            n,
            f"ports: ['{6379 + i}:6379']",
            "command: redis-server --requirepass ${PASSWORD}",
            image="redis:8.0",
        )
        for i, n in enumerate(MANY[:3])
    )
    result = found({"compose.yaml": compose(*stores)})
    assert len(of(result, "store-private")) == 3
    opened = (service(n, image="redis:8.0") for n in MANY[:3])
    assert len(of(found({"compose.yaml": compose(*opened)}), "store-authenticated")) == 3


def test_one_port_is_one_finding_that_names_the_broader_control() -> None:
    broader = {"store-private", "store-encrypted", "port-exposure-minimal"}
    result = found({"compose.yaml": compose(service("cache", "ports: ['6379:6379']", image="redis:8.0"))})
    (cause,) = of(result, "store-authenticated")
    assert set(cause.also_breaks) == broader and cause.severity is Severity.CRITICAL
    assert not any(of(result, slug) for slug in broader)
    assert broader <= {f.control for f in result.findings}


def test_a_published_store_with_a_password_is_one_finding() -> None:
    lines = ("ports: ['5432:5432']", "environment:", "  POSTGRES_PASSWORD: ${PASSWORD:?}")
    result = found({"compose.yaml": compose(service("db", *lines, image="postgres:17"))})
    (cause,) = of(result, "store-private")
    assert set(cause.also_breaks) == {"store-encrypted", "port-exposure-minimal"}


def test_one_weak_password_is_one_finding_with_the_store_and_its_clients() -> None:
    client = service("api", "environment:", "  DATABASE_URL: postgres://shop:changeme@db/shop")
    other = service("jobs", "environment:", "  - DB_PASSWORD=changeme")
    store = service("db", "environment:", '  POSTGRES_PASSWORD: "changeme"', image="postgres:17")
    result = found({"compose.yaml": compose(client, other, store)})
    (cause,) = of(result, "store-default-credentials")
    assert [f.control for f in cause.covered] == ["secret-not-inline"] * 3
    assert of(result, "secret-not-inline") == []
    strong = compose(client, other, store).replace("changeme", "Wq8-longish-1")
    (copies,) = of(found({"compose.yaml": strong}), "secret-not-inline")
    assert len(copies.places) == 3


def test_a_copy_of_everything_is_one_finding() -> None:
    files = {"Dockerfile": "FROM nginx:1.30\nCOPY . /usr/share/nginx/html\n", ".env": "A=b\n"}
    result = found(files)
    (cause,) = of(result, "file-not-served")
    assert cause.also_breaks == ("image-trusted-build",)
    assert [c.lead.case for c in of(result, "image-trusted-build")].count("sensitive-files") == 0


def test_copies_of_a_secret_are_one_finding_and_two_secrets_are_two() -> None:
    def password(value: str) -> str:
        return compose(service("api", "environment:", f"  DB_PASSWORD: {value}"))

    files = {"a/compose.yaml": password("Wq8-longish-1"), "b/compose.yaml": password("Wq8-longish-1")}
    assert [len(c.places) for c in of(found(files), "secret-not-inline")] == [2]
    files["b/compose.yaml"] = password("Xr9-longish-2")
    assert [len(c.places) for c in of(found(files), "secret-not-inline")] == [1, 1]


def test_a_thing_that_is_copied_into_several_files_is_one_finding() -> None:
    def role(name: str, verbs: str = "[get, list]") -> str:
        return (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
            f"metadata: {{name: {name}}}\nrules:\n"
            f'  - {{apiGroups: [""], resources: [secrets], verbs: {verbs}}}\n'
        )

    def places(**files: str) -> list[int]:
        result = found({f"deploy/{name}/all.yaml": text for name, text in files.items()})
        return sorted(len(c.places) for c in of(result, "rbac-narrow"))

    assert places(cloud=role("reader"), metal="# rendered\n" + role("reader")) == [2]
    assert places(cloud=role("reader"), metal=role("other")) == [1, 1]
    assert places(cloud=role("reader"), metal=role("reader", "[get, watch, list]")) == [1, 1]


def test_what_outsiders_reach_is_apart_unless_all_of_it_is_low() -> None:
    open_ones = (service(n, f"ports: ['{8000 + i}:8000']", "user: root") for i, n in enumerate(MANY[:2]))
    inner = (service(n, "user: root") for n in MANY[2:])
    result = found({"compose.yaml": compose(*open_ones, *inner)})
    (public,) = (cause for cause in of(result, "container-not-root") if not cause.bundled)
    assert (public.severity, len(public.places)) == (Severity.MEDIUM, 2)
    (low,) = (cause for cause in causes(result.findings) if cause.bundled)
    assert low.severity is Severity.LOW
    assert any(f.public for f in (*low.places, *low.covered))
    every = Counter(f.control for f in (*low.places, *low.covered))
    assert (every["container-not-root"], every["container-limited"]) == (7, 9)


def test_hardening_is_one_finding_that_names_its_controls_and_services() -> None:
    result = found({"compose.yaml": compose(*(service(n, image="python:3.13-slim") for n in MANY[:3]))})
    (cause,) = (cause for cause in causes(result.findings) if cause.bundled)
    said = re.fullmatch(r"containers run without hardening \((.*)\): `a`, `b` and `c`", cause.message)
    lacks = {"privilege gain", "root", "default capabilities", "no memory limit", "writable root file system"}
    assert said is not None and set(said[1].split(", ")) == lacks | {"no health check"}
    slugs = {"no-new-privileges", "not-root", "unprivileged", "limited", "readonly-root", "health-checked"}
    told = {cause.lead.control, *cause.also_breaks}
    assert told == {f"container-{n}" for n in slugs} and cause.severity is Severity.LOW
    assert len(cause.places) == 3 and len(cause.covered) == 15


def test_headers_that_an_edge_does_not_send_are_one_finding() -> None:
    server = "server { listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:8000; } }\n"
    result = found({"nginx.conf": "events {}\nhttp {\n" + server + "}\n"})
    (cause,) = (c for c in causes(result.findings) if c.lead.bundle is Bundle.HEADERS)
    assert cause.message.startswith("security headers are not set or weak: `")
    assert "`Referrer-Policy`" in cause.message and "referrer-policy-sent" in cause.also_breaks


def test_a_bundle_of_one_control_says_what_it_says() -> None:
    one = a_finding(bundle=Bundle.HARDENING)
    assert [c.message for c in causes([one])] == [one.message]
    assert [c.fingerprint for c in causes([one])] == ["f"]


def test_a_bundle_is_as_bad_as_the_worst_of_its_places() -> None:
    services = service("db", image="postgres:17"), service("api", "user: root", "networks: [inner]")
    (cause,) = (c for c in causes(found({"compose.yaml": compose(*services)}).findings) if c.bundled)
    assert (cause.severity, cause.lead.message) == (
        Severity.LOW,
        "`api` runs as root",
    )


def test_what_is_worse_than_low_or_a_thing_is_in_no_bundle() -> None:
    low = a_finding(bundle=Bundle.HARDENING, case="writable")
    info = replace(low, severity=Severity.INFO, case="root", fingerprint="g")
    (both,) = causes([info, low])
    assert both.severity is Severity.LOW and both.fingerprint not in ("f", "g")
    for apart in (replace(low, severity=Severity.MEDIUM), replace(low, thing="x")):
        assert len(causes([info, apart])) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"severity": Severity.MEDIUM},
        {"context": Context.TEST},
        {"counts": False},
        {"environment": "staging"},
        {"state": State.STANDING},
        {"suppression": Suppression("baseline", "known")},
        {"case": "another"},
        {"control": "container-health-checked"},
        {"message": "`api` is unlimited"},
    ],
)
def test_what_differs_in_more_than_its_place_is_not_joined(other: dict[str, object]) -> None:
    one = a_finding()
    assert len(causes([one, replace(one, fingerprint="g")])) == 1
    assert len(causes([one, replace(one, **other)])) == 2  # type: ignore[arg-type]


def of_a_handler(path: str, words: str = "an Express stack trace", **fields: object) -> Finding:
    known: dict[str, object] = {
        "control": "error-free-of-traces",
        "case": "internals-in-response",
        "severity": Severity.HIGH,
        "message": f"`GET {path}` is answered with {words}",
        "at": Location("http://shop", f"GET {path} response.body", kind=Kind.WIRE),
        "fingerprint": path,
        "environment": "staging",
        "made_by": "node",
    }
    return a_finding(**(known | fields))


def test_what_one_handler_answers_is_one_finding_with_the_worst_example_first() -> None:
    plain = [of_a_handler(f"/{n}") for n in MANY]
    worst = of_a_handler("/z", "an Express stack trace and a SQL error of SQLite")
    (cause,) = causes([*plain, worst])
    assert cause.message == (
        "`GET /z`, `GET /a` and 8 more are answered with an Express stack trace and a SQL error of SQLite"
    )
    assert cause.lead is worst and len(cause.places) == 10
    (again,) = causes([worst, *plain[::-1]])
    assert (again.fingerprint, again.lead) == (cause.fingerprint, worst)
    assert len({cause_key(f) for f in (*plain, worst)}) == 1


def test_a_debugger_covers_the_traces_of_the_same_debug_mode() -> None:
    traces = [of_a_handler(f"/{n}", "a Starlette traceback", made_by="starlette") for n in "ab"]
    critical = {
        "control": "debug-off",
        "case": "debug-page",
        "severity": Severity.CRITICAL,
        "made_by": "starlette",
    }
    page = of_a_handler("/c", "a Starlette debug page", **critical)
    (cause,) = causes([*traces, page])
    assert (cause.severity, cause.message, cause.also_breaks) == (
        Severity.CRITICAL,
        page.message,
        ("error-free-of-traces",),
    )


@pytest.mark.parametrize(
    "other",
    [
        {"made_by": "python"},
        {"environment": "production"},
        {"at": Location("http://office", "GET /b response.body", kind=Kind.WIRE)},
        {"suppression": Suppression("baseline", "known")},
        {"state": State.STANDING},
    ],
)
def test_two_handlers_are_two_findings(other: dict[str, object]) -> None:
    assert len(causes([of_a_handler("/a"), of_a_handler("/b")])) == 1
    assert len(causes([of_a_handler("/a"), of_a_handler("/b", **other)])) == 2


def test_headers_of_what_was_seen_are_named_as_far_as_they_matter() -> None:
    live = {"environment": "staging", "bundle": Bundle.HEADERS, "control": "nosniff-sent", "case": "absent"}
    low = a_finding(message="`X-Content-Type-Options` is not sent", **live)
    info = a_finding(**(live | {
        "message": "`Referrer-Policy` is not sent", "control": "referrer-policy-sent", "severity": Severity.INFO,
        "fingerprint": "g",
    }))  # fmt: skip
    (cause,) = causes([info, low])
    assert cause.message == "security headers are not set or weak: `X-Content-Type-Options`"
    assert cause.also_breaks == ("referrer-policy-sent",)


def test_waivers_of_two_places_with_one_reason_are_joined() -> None:
    quiet = [
        a_finding(suppression=Suppression("inline", "by design", at=Location(f"{n}.yaml", ""))) for n in "ab"
    ]
    assert len(causes(quiet)) == 1


def test_a_milder_finding_covers_none() -> None:
    at = Location("compose.yaml", "services[cache]/ports", Span(1, 5))
    specific = a_finding(control="store-private", at=at, covers=("port-exposure-minimal",), fingerprint="s")
    broad = a_finding(control="port-exposure-minimal", at=at, fingerprint="b")
    assert [c.also_breaks for c in causes([specific, broad])] == [("port-exposure-minimal",)]
    worse = replace(broad, severity=Severity.HIGH)
    waived = replace(broad, suppression=Suppression("policy", "by design"))
    new = replace(specific, state=State.STANDING)
    for pair in ([specific, worse], [specific, waived], [new, broad]):
        assert [c.also_breaks for c in causes(pair)] == [(), ()]


def test_every_finding_is_a_place_of_exactly_one_cause() -> None:
    files = {
        "compose.yaml": compose(
            *map(service, MANY), service("cache", "ports: ['6379:6379']", image="redis:8.0")
        ),
        "nginx.conf": "events {}\nhttp {\n" + "server { listen 80; location / { root /srv; } }\n" * 3 + "}\n",
    }
    result = found(files)
    told = [id(f) for c in causes(result.findings) for f in (*c.places, *c.same, *c.covered)]
    assert sorted(told) == sorted(map(id, result.findings))


def test_what_to_do_first_is_first() -> None:
    low = a_finding()
    inner = a_finding(severity=Severity.HIGH, public=False, control="tls-required")
    somewhere = a_finding(severity=Severity.HIGH, control="secret-not-inline")
    outer = a_finding(severity=Severity.HIGH, public=True, control="tls-version")
    ordered = [c.lead.control for c in causes([low, inner, somewhere, outer])]
    assert ordered == ["tls-version", "secret-not-inline", "tls-required", "container-limited"]


def test_a_tenth_place_is_new_to_a_baseline_and_to_a_fingerprint(tmp_path: Path) -> None:
    nine = found({"compose.yaml": compose(*map(rooted, MANY))})
    (tmp_path / "known.json").write_text(baseline_text(nine.findings, str(EMPTY))[0])
    known = read_baseline(tmp_path / "known.json", str(EMPTY))
    files = {"compose.yaml": compose(*map(rooted, (*MANY, "j")))}
    ten = review(Workspace(EMPTY, files), POLICY, fixes=False, baseline=known)
    made = Outcome("review", "/r", Severity.LOW, ten.findings)
    fresh = next(c for c in made.causes if c.lead.control == "container-not-root")
    assert fresh.message == "`j` runs as root"
    (before,) = of(nine, "container-not-root")
    (after,) = of(found(files), "container-not-root")
    assert before.fingerprint != after.fingerprint
    assert fresh.fingerprint == fresh.lead.fingerprint


def test_a_published_service_brings_no_news_of_its_own_hardening(tmp_path: Path) -> None:
    private = found({"compose.yaml": compose(service("api", "user: root"))})
    (tmp_path / "known.json").write_text(baseline_text(private.findings, str(EMPTY))[0])
    known = read_baseline(tmp_path / "known.json", str(EMPTY))
    files = {"compose.yaml": compose(service("api", "user: root", "ports: ['8000:8000']"))}
    public = review(Workspace(EMPTY, files), POLICY, fixes=False, baseline=known)
    assert [f.control for f in public.findings if f.suppression is None] == []


def test_an_image_has_the_reach_of_the_service_that_builds_it() -> None:
    image = {"api/Dockerfile": "FROM python:3.13-slim\nCMD python\n"}
    built = image | {"compose.yaml": "services:\n  api:\n    build: ./api\n    ports: ['8000:8000']\n"}
    (cause,) = of(found(built), "container-not-root")
    assert cause.lead.reach == ("internet", "0.0.0.0:8000", "api") and cause.lead.public
    (alone,) = of(found(image), "container-not-root")
    assert alone.lead.public is None and alone.severity is Severity.MEDIUM


SENTENCES = [
    (["`a` has no health check", "`b` has no health check"], "`a` and `b` have no health check"),
    (["`a` has none", "`b` has none", "`c` has none"], "`a`, `b` and `c` have none"),
    ([f"`{n}` keeps its defaults" for n in "abcd"], "`a`, `b` and 2 more keep their defaults"),
    (["bucket `a` keeps no log", "bucket `b` keeps no log"], "buckets `a` and `b` keep no log"),
    (["the policy of `a` is open", "the policy of `b` is open"], "the policy of `a` and `b` is open"),
    (["content is served over plain HTTP"] * 3, "content is served over plain HTTP"),
    (["`a` carries a token", "`b` carries a token"], "`a` and `b` carry a token"),
    (["`a` passes it on", "`b` passes it on"], "`a` and `b` pass it on"),
    (
        ["`a` is sent, and no list has it", "`b` is sent, and no list has it"],
        "`a` and `b` are sent, and no list has them",
    ),
    (["`a` may leak", "`b` may leak"], "`a` and `b` may leak"),
    (["`a` uses `x`", "`b` uses `y`"], "`a` uses `x`; 1 more is similar"),
    (["`a` has 1", "`b` has 2", "`c` has 2"], "`b` and `c` have 2; 1 more is similar"),
]


@pytest.mark.parametrize(("messages", "told"), SENTENCES, ids=[told for _, told in SENTENCES])
def test_one_sentence_speaks_for_many(messages: list[str], told: str) -> None:
    assert summed_up(messages) == told


def test_a_value_that_services_take_from_one_anchor_is_one_place() -> None:
    text = (
        "x-app: &app\n  image: ghcr.io/example/recipes:latest\n"
        "services:\n  web: {<<: *app}\n  worker: {<<: *app}\n  other: {image: ghcr.io/example/other:latest}\n"
    )
    (cause,) = of(found({"compose.yaml": text}), "image-pinned")
    assert [f.at.pointer for f in cause.places] == ["services[web]/image", "services[other]/image"]
    assert [f.at.pointer for f in cause.same] == ["services[worker]/image"]
