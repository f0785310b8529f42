"""Rendered, read by the technology's own adapter, and equal to what was asked for: any policy, any contract, each edge."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from deployments import contract, named
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batten.contract import Contract, load
from batten.engine.hardening.edge_alone import program_of
from batten.engine.hardening.readback import compared
from batten.engine.review import review
from batten.facts import Content, Fact
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.policy import Policy
from batten.policy.content import ContentRow
from batten.policy.leniency import Leniency
from batten.technologies import technologies
from proofs import PROOF

EDGES = [target for target in targets.offered() if target in targets.EDGES]
CHECKED = [edge for edge in EDGES if edge != "traefik" and program_of(edge)]  # which has no validator
UNREAD = {"envoy": set[str](), "haproxy": {"host names"}}  # at most
KNOWN = {"TLS listener", "headers", "upstream"}  # whatever the engine is
VERBS = ("get", "post", "put", "patch", "delete")
WORD = st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True)
SEGMENT = st.one_of(WORD, WORD.map(lambda name: "{" + name.replace("-", "") + "}"))
PATHS = st.lists(st.lists(SEGMENT, min_size=1, max_size=4), min_size=1, max_size=6)
SOCKET = "101"  # in place of a media type
MEDIA = st.sampled_from(("", SOCKET, "application/json", "text/html", "image/png", "text/csv"))
POLICIES = st.sampled_from(
    ("", "default-src 'self'; img-src 'self' https://images.example.com", "default-src 'none'")
)
CONTENTS = st.sampled_from((Content.API, Content.PAGE, Content.BOTH, Content.ASSET))


def document(
    paths: list[list[str]], verbs: list[str], size: int, media: tuple[str, ...] = ("",)
) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, segments in enumerate(paths):
        answered = media[number % len(media)]
        plain = answered in ("", SOCKET)
        answer = {"description": "ok", **({} if plain else {"content": {answered: {}}})}
        names = dict.fromkeys(part[1:-1] for part in segments if part[0] == "{")
        if len(names) < sum(part[0] == "{" for part in segments):
            continue
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
        body = {"content": {"application/json": {"schema": {"type": "string", "maxLength": size}}}}
        answers = {"101": {"description": "A WebSocket."}} if answered == SOCKET else {"200": answer}
        operations = {
            verb: {
                "responses": answers,
                **({"requestBody": body} if verb in ("post", "put", "patch") else {}),
            }
            for verb in verbs
        }
        found[f"/{'/'.join(segments)}"] = {"parameters": parameters, **operations}
    found.setdefault("/health", {"get": {"responses": {"200": {"description": "ok"}}}})
    return {"openapi": "3.1.0", "info": {"title": "Any", "version": "1"}, "paths": found}


@st.composite
def intents(draw: st.DrawFn) -> tuple[dict[str, object], Policy, Options]:
    verbs = draw(st.lists(st.sampled_from(VERBS), min_size=1, max_size=5, unique=True))
    paths = draw(PATHS)
    media = draw(st.lists(MEDIA, min_size=1, max_size=4))
    made = document(paths, verbs, draw(st.integers(1, 5_000)), tuple(media))
    rows = [
        ContentRow("*", f"/{part}", draw(CONTENTS), draw(POLICIES))
        for part in {segments[0] for segments in paths[:2]}
    ]
    names = draw(st.lists(WORD.map(lambda name: f"{name}.example.com"), min_size=1, max_size=3, unique=True))
    origins = draw(st.lists(WORD.map(lambda name: f"https://{name}.example.net"), max_size=3, unique=True))
    sockets = draw(
        st.lists(st.sampled_from([f"/{'/'.join(p)}" for p in (*paths, ["live"], ["{id}"])]), max_size=2)
    )
    policy = Policy(
        leniency=Leniency(websockets=tuple(dict.fromkeys(sockets))),
        hosts=tuple(names),
        origins=tuple(origins),
        hsts_seconds=draw(st.integers(31_536_000, 99_999_999)),
        content=tuple(draw(st.lists(st.sampled_from(rows), max_size=2))),
    )
    port = draw(st.integers(1_024, 60_000))
    secure = draw(st.booleans())
    upstream = f"https://api.internal:{port}" if secure else f"http://127.0.0.1:{port}"
    options = Options(
        upstream=upstream,
        listen=str(draw(st.sampled_from([443, 8443, 9443]))),
        plain=draw(st.sampled_from(["80", "8080", ""])),
        body=draw(st.sampled_from(["16k", "1m", "900"])),
    )
    return made, policy, options


def contract_of(folder: Path, text: dict[str, object]) -> Contract:
    return load(Workspace(folder, {"openapi.json": json.dumps(text)}), "openapi.json")[0]


def read(folder: Path, edge: str, intent: Intent) -> list[Fact]:
    """What the edge's own reader knows of what is rendered."""
    for path, content in targets.render(edge, intent).files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return review(folder, Policy()).facts


@pytest.mark.parametrize("edge", EDGES)
@settings(
    max_examples=200 if PROOF else 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=intents())
def test_what_is_read_is_what_was_asked(
    edge: str, drawn: tuple[dict[str, object], Policy, Options], tmp_path: Path
) -> None:
    text, policy, options = drawn
    intent = Intent(contract_of(tmp_path, text), policy, options)
    found = compared(intent.edge, read(tmp_path, edge, intent))
    assert found.differing == ()
    more = {
        *(["headers by path"] if intent.edge.kinds else []),
        *(["WebSockets"] if intent.edge.sockets else []),
    }
    assert set(found.equal) >= KNOWN | more, found.unread


@pytest.mark.parametrize("edge", CHECKED)
@settings(
    max_examples=60 if PROOF else 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=intents())
def test_the_vendor_takes_what_is_rendered(
    edge: str, drawn: tuple[dict[str, object], Policy, Options], tmp_path: Path
) -> None:
    text, policy, options = drawn
    checked(edge, Intent(contract_of(tmp_path, text), policy, options), tmp_path)


def checked(edge: str, intent: Intent, folder: Path) -> None:
    """Judged clean, and accepted by the vendor where it has a validator."""
    made = targets.render(edge, intent)
    assert made == targets.render(edge, intent)
    for path, content in made.files.items():
        (folder / path).write_text(content, encoding="utf-8")
    result = review(folder, intent.policy)
    assert result.findings == [] and result.problems == [] and result.facts
    verdicts = [technologies()[unit.technology].validate(unit, result.workspace) for unit in result.units]
    assert verdicts and (edge not in CHECKED or set(verdicts) == {True})


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    ("options", "origins"),
    [
        (Options(), ("https://shop.example.com",)),
        (Options(upstream="https://api.internal:8443", plain=""), ()),
    ],
)
def test_the_example_is_judged_clean_and_taken_by_the_vendor(
    edge: str, options: Options, origins: tuple[str, ...], tmp_path: Path
) -> None:
    checked(edge, Intent(contract(), Policy(hosts=("shop.example.com",), origins=origins), options), tmp_path)


@pytest.mark.parametrize("edge", CHECKED)
@pytest.mark.parametrize("name", ["travel", "clinic"])
def test_large_contracts_are_judged_clean_and_taken_by_the_vendor(
    edge: str, name: str, tmp_path: Path
) -> None:
    checked(edge, Intent(*named(name), Options()), tmp_path)


def other_verbs(edge: Edge) -> Edge:
    (route,) = edge.routes
    return replace(edge, routes=(replace(route, path=replace(route.path, methods=("GET", "PUT"))),))


ALTERED: dict[str, Callable[[Edge], Edge]] = {
    "host names": lambda edge: replace(edge, names=("b.example.com",)),
    "TLS listener": lambda edge: replace(edge, port=444),
    "redirect": lambda edge: replace(edge, plain_port=0),
    "cipher suites": lambda edge: replace(edge, ciphers=edge.ciphers[1:]),
    "headers": lambda edge: replace(edge, sent={**edge.sent, "X-Frame-Options": "SAMEORIGIN"}),
    "CORS": lambda edge: replace(edge, cors=None),
    "routes and verbs": other_verbs,
    "upstream": lambda edge: replace(edge, upstream=replace(edge.upstream, port=8001)),
    "headers by path": lambda edge: replace(edge, kinds={}),
    "WebSockets": lambda edge: replace(edge, listed=()),
    "size of bodies": lambda edge: replace(edge, body=-1),  # less than any
}


@pytest.mark.parametrize("edge", EDGES)
def test_what_differs_is_told(edge: str, tmp_path: Path) -> None:
    policy = Policy(
        hosts=("a.example.com",),
        origins=("https://shop.example.com",),
        leniency=Leniency(websockets=("/live",)),
    )
    contract = contract_of(tmp_path, document([["health"]], ["get"], 10, ("text/html",)))
    intent = Intent(contract, policy, Options())
    facts = read(tmp_path, edge, intent)
    same = compared(intent.edge, facts)
    assert same.differing == () and set(same.unread) <= UNREAD.get(edge, set(same.unread))
    for subject, alter in ALTERED.items():
        told = [line for line in compared(alter(intent.edge), facts).differing if line.startswith(subject)]
        assert bool(told) == (subject in same.equal), (subject, told)
