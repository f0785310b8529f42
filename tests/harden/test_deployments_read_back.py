"""Any stack, rendered and read by the deployment's own reader: what was asked for, and the same bytes each time."""

from __future__ import annotations

import re

import pytest
import yaml
from deployments import generated, image, judged, made, told
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.facts.orchestration import PublishedPort, Workload
from batten.harden import HardenProblem
from batten.harden.stack import APPLICATION, EDGE, STORES, Application, Stack, Store
from proofs import PROOF

EXAMPLES = 100 if PROOF else 4
NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
FREE = NAME.filter(lambda name: name not in (APPLICATION, EDGE, "outside", "inside"))


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    kinds = draw(st.lists(st.sampled_from(sorted(STORES)), max_size=3))
    names = draw(st.lists(FREE, min_size=len(kinds), max_size=len(kinds), unique=True))
    application = Application(
        image=image(draw(NAME)),
        port=draw(st.integers(1_025, 60_000)),
        health=draw(st.sampled_from(["", "/v1/health"])),
    )
    return Stack(
        name=draw(FREE),
        edge=draw(st.sampled_from(["nginx", "haproxy"])),
        edge_image=image("edge"),
        application=application,
        stores=tuple(Store(kind=k, name=n, image=image(k)) for k, n in zip(kinds, names, strict=True)),
    )


@pytest.mark.parametrize("target", ["compose", "kubernetes"])
@settings(max_examples=EXAMPLES, deadline=None)
@given(of=stacks())
def test_what_is_read_is_the_stack(target: str, of: Stack) -> None:
    whole = made(target, of)
    assert dict(made(target, of).files) == dict(whole.files)
    found = judged(whole)
    assert told(found) == [] and found.problems == []
    asked = {EDGE: of.edge_image, APPLICATION: of.application.image, **{s.name: s.image for s in of.stores}}
    workloads = [fact for fact in found.facts if isinstance(fact, Workload)]
    assert {fact.name: fact.image.value for fact in workloads if isinstance(fact.image.value, str)} == asked
    assert {fact.service for fact in found.facts if isinstance(fact, PublishedPort)} == {EDGE}


@settings(max_examples=EXAMPLES, deadline=None)
@given(of=stacks())
def test_units_read_back_are_the_stack(of: Stack) -> None:
    """By systemd's own syntax: batten's reader knows units of stores and edges, not any application's."""
    whole = made("systemd", of)
    assert dict(made("systemd", of).files) == dict(whole.files)
    own = whole.files[f"units/{of.name}.service"]
    assert re.findall(r"^SocketBindAllow=tcp:(\d+)$", own, re.MULTILINE) == [str(of.application.port)]
    ports = dict(re.findall(r"\b([A-Z0-9_]+)_PORT=(\d+)", own))
    assert ports == {s.name.upper().replace("-", "_"): str(s.port) for s in of.stores}


@pytest.mark.parametrize("target", ["compose", "kubernetes", "systemd"])
@settings(max_examples=EXAMPLES, deadline=None)
@given(of=stacks())
def test_no_name_changes_what_a_secret_is(target: str, of: Stack) -> None:
    """Paths are all different, below the folder, and in no file is a value."""
    whole = made(target, of, local_ca=True)
    paths = [secret.path for secret in whole.secrets]
    assert len(paths) == len(set(paths)) and not [
        path for path in paths if ".." in path or path.startswith("/")
    ]
    values = {value.decode() for value in generated(whole).values()}
    assert not [name for name, text in whole.files.items() if any(value in text for value in values)]


def named(*names: str) -> Stack:
    stores = tuple(Store(kind="valkey", name=name, image=image("valkey")) for name in names)
    return Stack(edge_image=image("edge"), application=Application(image=image("api")), stores=stores)


@pytest.mark.parametrize("name", ["inside", "outside"])
def test_no_store_shares_a_network_of_the_edge(name: str) -> None:
    with pytest.raises(HardenProblem, match=f"'{name}' is a network"):
        made("compose", named(name))


def test_secrets_of_two_stores_never_have_one_name() -> None:
    project = yaml.safe_load(made("compose", named("db", "api-db")).files["compose.yaml"])
    used = {one["source"] for service in project["services"].values() for one in service.get("secrets", ())}
    assert len({one["file"] for one in project["secrets"].values()}) == len(used)
    mounted = [
        one["source"] for service in project["services"].values() for one in service.get("secrets", ())
    ]
    assert len(mounted) == len(set(mounted))
