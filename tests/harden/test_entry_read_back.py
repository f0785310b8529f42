"""Any entry, rendered and read by batten's own reader of Kubernetes: what was asked for, and the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from deployments import POLICY, judged, objects, stack
from entries import entered
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.contract import load
from batten.facts import Fact, Listener, Upstream
from batten.facts.orchestration import Workload
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.entry import Controller, Entry, Gateway, Kind, Tls
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.stack import EDGE
from batten.technologies.orchestration.kubernetes import edge as reader
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject
from batten.technologies.orchestration.kubernetes.objects import objects as read
from proofs import PROOF

NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(NAME.map(lambda name: f"{name}.example.com"), min_size=1, max_size=20, unique=True)
LABELS = st.dictionaries(NAME, NAME, max_size=2).map(lambda found: tuple(sorted(found.items())))
NARROW = st.one_of(
    st.builds(
        lambda n, bits: IPv4Network((n, bits), strict=False), st.integers(0, 2**32 - 1), st.integers(8, 32)
    ),
    st.builds(
        lambda n, bits: IPv6Network((n, bits), strict=False),
        st.integers(2**125, 2**126 - 1),
        st.integers(16, 128),
    ),
)
NETWORKS = st.lists(NARROW.map(str), min_size=1, max_size=60, unique=True)
SERVED = [
    (Kind.INGRESS, Tls.VERIFIED, Controller.HAPROXY_INGRESS),
    (Kind.INGRESS, Tls.VERIFIED, Controller.TRAEFIK),
    (Kind.INGRESS, Tls.PASSTHROUGH, Controller.HAPROXY),
    (Kind.INGRESS, Tls.PASSTHROUGH, Controller.HAPROXY_INGRESS),
    (Kind.GATEWAY, Tls.VERIFIED, None),
    (Kind.GATEWAY, Tls.PASSTHROUGH, None),
    (Kind.GATEWAY, Tls.PASSTHROUGH, Controller.ENVOY_GATEWAY),
]


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind, tls, controller = draw(st.sampled_from(SERVED))
    theirs = kind is Kind.GATEWAY and draw(st.booleans())
    # As the class of an Ingress often is the controller's name, and readers know controllers by that.
    named = "" if theirs else f"{controller.value if controller else 'any'}-{draw(NAME)}"
    plain = draw(st.one_of(st.just(""), NAME))
    return Entry(
        kind=kind,
        tls=tls,
        named=named,
        controller=controller,
        gateway=Gateway(draw(NAME), draw(NAME), draw(NAME), plain) if theirs else None,
        namespace=draw(NAME.filter(lambda name: name != "shop")),
        pods=draw(LABELS),
        secret=draw(st.one_of(st.just(""), NAME)) if tls is Tls.VERIFIED else "",
    )


def facts(whole: Made) -> list[Fact]:
    """Those of the entry, with the Service that it leads to."""
    files = {name: whole.files[name] for name in ("entry.yaml", "edge.yaml")}
    workspace = Workspace(Path("/nowhere"), files)
    found = [one for one in read(tuple(files), workspace) if isinstance(one, KubernetesObject)]
    return list(reader.facts(found, workspace))


@settings(max_examples=200 if PROOF else 12, deadline=None)
@given(entry=entries(), hosts=HOSTS, networks=NETWORKS)
def test_what_is_read_is_the_entry(entry: Entry, hosts: list[str], networks: list[str]) -> None:
    options = Options(proxies=tuple(networks))
    policy = replace(POLICY, hosts=tuple(hosts))
    whole = entered(entry, policy=policy, options=options)
    assert dict(entered(entry, policy=policy, options=options).files) == dict(whole.files)
    found = facts(whole)
    listening = [one for one in found if isinstance(one, Listener)]
    told = {
        port: {name for one in listening if one.port.known(0) == port for name in one.names}
        for port in (443, 80)
    }
    assert told[443] == (set() if entry.gateway else set(hosts))
    plainly = [one for one in listening if one.tls.known(None) is False]
    assert not [one for one in plainly if one.redirects_to_tls and one.redirects_to_tls.known(None) is False]
    hops = [one for one in found if isinstance(one, Upstream)]
    assert hops and {one.host for one in hops} == {EDGE}
    verified = {
        (one.encrypted.known(None), bool(one.verified and one.verified.known(None)))
        for one in hops
        if one.encrypted
    }
    assert verified == ({(True, True)} if entry.ends_tls else {(None, False)})


@settings(max_examples=40 if PROOF else 3, deadline=None)
@given(entry=entries(), hosts=HOSTS)
def test_only_the_edge_is_reached_from_outside(entry: Entry, hosts: list[str]) -> None:
    review = judged(entered(entry, policy=replace(POLICY, hosts=tuple(hosts))))
    assert {f.name for f in review.facts if isinstance(f, Workload) and f.entrances} == {EDGE}
    assert [f for f in review.findings if f.at.source == "entry.yaml"] == []


@settings(max_examples=100 if PROOF else 8, deadline=None)
@given(entry=entries())
def test_policies_name_the_entrys_pods(entry: Entry) -> None:
    (policy,) = (
        one
        for one in objects(entered(entry))
        if one.get("metadata", {}).get("name") == f"allow-to-{EDGE}-443"
    )
    (rule,) = policy["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": entry.namespace}}
    assert peer.get("podSelector", {"matchLabels": {}}) == {"matchLabels": dict(entry.pods)}
    assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]


SMALL = load(
    Workspace(
        Path("/nowhere"),
        {
            "openapi.yaml": "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: a}}}}}\n"
        },
    ),
    "openapi.yaml",
)[0]


def trusted(engine: str, text: str) -> list[str]:
    """The networks that a rendered configuration believes, by that engine's own syntax."""
    if engine == "nginx":
        return re.findall(r"^ *set_real_ip_from ([^;]+);$", text, re.MULTILINE)
    if engine == "haproxy":
        frontend = text.partition("frontend api")[2].partition("\nfrontend")[0]
        lines = re.findall(r"^ *acl proxies src (.+)$", frontend, re.MULTILINE)
        return [word for line in lines for word in line.split()]
    if engine == "caddy":
        found = re.findall(r"^\t+(?:trusted_proxies static|allow) (.+)$", text, re.MULTILINE)
        return [network for line in found for network in line.split()]
    if engine == "traefik":
        points = yaml.safe_load(text)["entryPoints"].values()
        (each, *others) = [
            point.get("proxyProtocol", point["forwardedHeaders"])["trustedIPs"] for point in points
        ]
        assert others == [each]
        return [str(network) for network in each]
    listener: Any = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["static_resources"][
        "listeners"
    ][0]
    chain = listener["filter_chains"][0]
    manager = chain["filters"][0]["typed_config"]
    ranges = chain.get("filter_chain_match", {}).get("direct_source_prefix_ranges")
    if ranges is None:
        (detection,) = manager["original_ip_detection_extensions"]
        ranges = detection["typed_config"]["xff_trusted_cidrs"]["cidrs"]
    return [str(ip_network(f"{one['address_prefix']}/{one['prefix_len']}")) for one in ranges]


@pytest.mark.parametrize("engine", targets.EDGES)
@settings(max_examples=100 if PROOF else 6, deadline=None)
@given(networks=NETWORKS, announced=st.booleans())
def test_an_edge_believes_these_networks_alone(engine: str, networks: list[str], announced: bool) -> None:
    options = Options(proxies=tuple(networks), proxy_protocol=announced)
    text, *_ = targets.render(engine, Intent(SMALL, POLICY, options, stack(edge=engine))).files.values()
    assert trusted(engine, text) == networks
