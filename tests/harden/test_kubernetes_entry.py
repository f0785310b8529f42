"""The edge behind an Ingress or a Gateway: who reaches it, what is asked for by name, and what is refused."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from deployments import ORDERS, POLICY, contract, judged, objects, stack, told
from entries import ENTRIES, PROXIES, entered
from network_policies import Pod, cluster, passing, to_dns

from batten.cli import main
from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.review import Review
from batten.facts import Listener, PublishedPort, Upstream
from batten.facts.orchestration import Workload
from batten.harden import HardenProblem, Options
from batten.harden.entry import Controller, Entry, Gateway, Kind, Tls, gateway, pods
from batten.harden.made import Made
from batten.harden.stack import APPLICATION, EDGE
from needs import package

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
GATEWAY = ENTRIES["gateway"]
MANY = replace(POLICY, hosts=tuple(f"h{number}.example.com" for number in range(20)))


@pytest.fixture(scope="module", params=ENTRIES)
def rendered(request: pytest.FixtureRequest) -> tuple[Entry, Made]:
    return ENTRIES[request.param], entered(ENTRIES[request.param])


@pytest.fixture(scope="module")
def reviewed(rendered: tuple[Entry, Made]) -> Review:
    return judged(rendered[1])


def of_kind(whole: Made, *kinds: str) -> Iterator[Json]:
    return (one for one in objects(whole) if one["kind"] in kinds)


def one_of(whole: Made, kind: str, name: str = EDGE) -> Json:
    (found,) = (one for one in of_kind(whole, kind) if one["metadata"]["name"] == name)
    return found


def test_it_is_judged_clean_and_the_same_each_time(rendered: tuple[Entry, Made], reviewed: Review) -> None:
    entry, whole = rendered
    assert told(reviewed) == [] and reviewed.problems == []
    assert dict(entered(entry).files) == dict(whole.files)


def test_the_edge_is_reached_through_this_entry_alone(rendered: tuple[Entry, Made], reviewed: Review) -> None:
    """As batten's own reader sees it."""
    entry, facts = rendered[0], reviewed.facts
    entrances = {f.name: f.entrances for f in facts if isinstance(f, Workload) and f.entrances}
    kind = "Ingress" if entry.kind is Kind.INGRESS else "HTTPRoute" if entry.ends_tls else "TLSRoute"
    assert set(entrances) == {EDGE} and f"{kind} {EDGE}" in entrances[EDGE]
    assert not [f for f in facts if isinstance(f, PublishedPort)]
    assert {f.host for f in facts if isinstance(f, Upstream) and f.at.source == "entry.yaml"} <= {EDGE}
    listening = [f for f in facts if isinstance(f, Listener) and f.at.source == "entry.yaml"]
    assert not [one for one in listening if one.tls.known(None) is False and _serves_plainly(one)]


def _serves_plainly(listener: Listener) -> bool:
    return listener.redirects_to_tls is None or listener.redirects_to_tls.known(None) is False


def test_exactly_its_pods_reach_the_edge(rendered: tuple[Entry, Made]) -> None:
    entry, whole = rendered
    label = entry.pods or (("app", "entry"),)
    there = cluster(
        objects(whole),
        "shop",
        Pod("entry", entry.namespace, label),
        Pod("neighbour", entry.namespace, (("app", "other"),)),
        Pod("another", "default", label),
    )
    who = ("entry",) if entry.pods else ("entry", "neighbour")
    inward = {(name, EDGE, "TCP", 8443) for name in who}
    flows = {(EDGE, APPLICATION, "TCP", 8000), (APPLICATION, "valke-0", "TCP", 6379)}
    assert passing(there, "shop") == to_dns(there, "shop") | inward | flows


def test_the_edge_listens_once_and_has_no_door_of_its_own(rendered: tuple[Entry, Made]) -> None:
    """The entry redirects, and so the edge does not."""
    _, whole = rendered
    service = one_of(whole, "Service")
    assert service["spec"]["type"] == "ClusterIP"
    assert [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [(443, "main")]
    (container,) = one_of(whole, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert [port["containerPort"] for port in container["ports"]] == [8443]
    assert "listen 8080" not in whole.files["edge/nginx.conf"]
    (quota,) = of_kind(whole, "ResourceQuota")
    assert (
        quota["spec"]["hard"]["services.nodeports"] == quota["spec"]["hard"]["services.loadbalancers"] == "0"
    )


def test_it_believes_the_entrys_pods_and_in_its_own_way(rendered: tuple[Entry, Made]) -> None:
    entry, whole = rendered
    text = whole.files["edge/nginx.conf"]
    assert [line for line in text.splitlines() if "set_real_ip_from" in line] == [
        f"    set_real_ip_from {network};" for network in PROXIES
    ]
    assert ("real_ip_header X-Forwarded-For;" in text) is entry.ends_tls
    assert ("listen 8443 proxy_protocol ssl;" in text) is not entry.ends_tls


def test_hosts_are_exact_and_every_backend_is_the_edge(rendered: tuple[Entry, Made]) -> None:
    _, whole = rendered
    text = whole.files["entry.yaml"]
    assert "*" not in text
    for route in of_kind(whole, "HTTPRoute", "TLSRoute"):
        assert route["spec"]["hostnames"] == ["shop.example.com"]
        for rule in route["spec"]["rules"]:
            forwards = [(one["kind"], one["name"], one["port"]) for one in rule.get("backendRefs", ())]
            redirects = [one["requestRedirect"]["scheme"] for one in rule.get("filters", ())]
            assert (forwards, redirects) in (([("Service", EDGE, 443)], []), ([], ["https"]))
    for one in of_kind(whole, "Gateway"):
        assert {listener["hostname"] for listener in one["spec"]["listeners"]} == {"shop.example.com"}
    for one in of_kind(whole, "Ingress"):
        assert [rule["host"] for rule in one["spec"]["rules"]] == ["shop.example.com"]
        assert one["spec"]["ingressClassName"]


def test_what_ends_tls_verifies_the_edge(rendered: tuple[Entry, Made]) -> None:
    entry, whole = rendered
    found = [*of_kind(whole, "BackendTLSPolicy", "ServersTransport")]
    annotated = [
        one["metadata"]["annotations"]
        for one in of_kind(whole, "Ingress")
        if "haproxy-ingress.github.io/secure-verify-ca-secret" in one["metadata"]["annotations"]
    ]
    assert bool(found or annotated) is entry.ends_tls
    for one in found:
        text = str(one["spec"])
        assert "shop.example.com" in text and "edge-ca" in text
        assert one["spec"].get("insecureSkipVerify", False) is False
    for one in annotated:
        assert one["haproxy-ingress.github.io/secure-sni"] == "shop.example.com"


def test_the_api_servers_schemas_take_what_is_of_the_api_server(rendered: tuple[Entry, Made]) -> None:
    validate = package("kubernetes_validate").validate
    entry, whole = rendered
    changed = ("Service", "NetworkPolicy", "ResourceQuota") if entry == GATEWAY else ()
    for one in of_kind(whole, "Ingress", *changed):
        validate(one, "1.29", strict=True)


def test_the_kustomization_names_it(rendered: tuple[Entry, Made]) -> None:
    assert "- entry.yaml" in rendered[1].files["kustomization.yaml"]


def test_a_gateway_of_the_platform_may_read_one_secret() -> None:
    whole = entered(ENTRIES["platform"])
    grant = one_of(whole, "ReferenceGrant", "entry-certificate")["spec"]
    assert grant["from"] == [
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "gateways"}
    ]
    assert grant["to"] == [{"group": "", "kind": "Secret", "name": "shop-tls"}]
    assert not [*of_kind(whole, "Gateway")]
    for route, listener in ((EDGE, "https"), (f"{EDGE}-redirect", "http")):
        (parent,) = one_of(whole, "HTTPRoute", route)["spec"]["parentRefs"]
        assert (parent["namespace"], parent["name"], parent["sectionName"]) == (
            "gateways",
            "public",
            listener,
        )
    without = entered(replace(ENTRIES["platform"], secret="", gateway=Gateway("gateways", "public", "https")))
    assert not [*of_kind(without, "ReferenceGrant")]
    assert [one["metadata"]["name"] for one in of_kind(without, "HTTPRoute")] == [EDGE]


@pytest.mark.parametrize(
    "name", ["gateway", "gateway, passthrough", "platform", "traefik", "haproxy-ingress"]
)
def test_many_names_are_split_as_the_api_takes_them(name: str) -> None:
    whole = entered(ENTRIES[name], policy=MANY)
    for one in of_kind(whole, "Gateway"):
        sections = [listener["name"] for listener in one["spec"]["listeners"]]
        assert len(set(sections)) == len(sections) == 40
    for prefix in (EDGE, f"{EDGE}-redirect"):
        routes = [
            one
            for one in of_kind(whole, "HTTPRoute", "TLSRoute")
            if one["metadata"]["name"] in (prefix, f"{prefix}-1")
        ]
        hosts = [host for one in routes for host in one["spec"]["hostnames"]]
        assert not routes or sorted(hosts) == sorted(MANY.hosts)
        assert all(
            len(one["spec"]["hostnames"]) <= 16 and len(one["spec"]["parentRefs"]) <= 32 for one in routes
        )


@pytest.mark.parametrize(
    ("edge", "name"),
    [
        ("envoy", "gateway, passthrough"),
        ("haproxy", "gateway"),
        ("caddy", "gateway"),
        ("traefik", "gateway, passthrough"),
    ],
)
def test_other_edges_can_be_behind_it(edge: str, name: str) -> None:
    found = judged(entered(ENTRIES[name], edge=edge))
    assert told(found) == [] and found.problems == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (Options(), "pass --trusted-proxy NETWORK"),
        (Options(proxies=PROXIES, proxy_protocol=True), "omit --proxy-protocol"),
        (
            Options(proxies=PROXIES, names=("10.0.0.1",)),
            "'10.0.0.1' is not a name that an entry of Kubernetes routes by",
        ),
        (Options(proxies=PROXIES, names=("[2001:db8::1]",)), "is not a name that an entry"),
        (Options(proxies=PROXIES, names=("under_score.example.com",)), "is not a name that an entry"),
        (
            Options(proxies=PROXIES, names=tuple(f"h{n}.example.com" for n in range(33))),
            "33 names are more than the 32",
        ),
    ],
)
def test_what_the_entry_needs_is_asked_for(options: Options, why: str) -> None:
    with pytest.raises(HardenProblem, match=why):
        entered(GATEWAY, options=options)


def test_names_are_routed_in_small_letters() -> None:
    whole = entered(GATEWAY, options=Options(proxies=PROXIES, names=("Shop.Example.COM", "shop.example.com")))
    assert one_of(whole, "HTTPRoute")["spec"]["hostnames"] == ["shop.example.com"]


DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = {part: f"registry.example.com/{part}@{DIGEST}" for part in ("api", "edge")}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"entry": "gateway"}, "pass --entry-namespace NAMESPACE"),
        ({"entry": "ingress"}, "pass --entry-namespace NAMESPACE"),
        ({"entry": "gateway", "entry_namespace": "api", "entry_class": "a"}, "the namespace api denies all"),
        ({"entry": "gateway", "entry_namespace": "a b"}, "'a b' is not a name for --entry-namespace"),
        ({"entry": "gateway", "entry_namespace": "gw"}, "needs either the class"),
        ({"entry": "gateway", "entry_namespace": "gw", "entry_class": "a", "gateway": "gw/a/b"}, "needs either the class"),
        ({"entry": "gateway", "entry_namespace": "gw", "gateway": "gw/a"}, "'gw/a' is not a Gateway; write NAMESPACE/NAME"),
        ({"entry": "gateway", "entry_namespace": "gw", "gateway": "gw/a/b/c/d"}, "is not a Gateway"),
        ({"entry": "gateway", "entry_namespace": "gw", "gateway": "gw/a\n/b"}, "is not a Gateway"),
        ({"entry": "gateway", "entry_namespace": "gw", "entry_class": "A:\n- x"}, "is not a name for --entry-class"),
        ({"entry": "gateway", "entry_namespace": "gw", "entry_class": "a", "entry_controller": "traefik"}, "omit it"),
        ({"entry": "ingress", "entry_namespace": "gw", "entry_class": "a"}, "--entry-controller: haproxy-ingress, traefik"),
        ({"entry": "ingress", "entry_namespace": "gw", "entry_controller": "traefik"}, "pass --entry-class NAME"),
        (
            {"entry": "ingress", "entry_namespace": "gw", "entry_class": "a", "entry_controller": "haproxy"},
            "does not go with --entry ingress --entry-tls verified; choose from haproxy-ingress, traefik",
        ),
        (
            {"entry": "ingress", "entry_namespace": "gw", "entry_class": "a", "entry_controller": "kong"},
            "'kong' is not a value of --entry-controller; choose from haproxy, ",
        ),
        (
            {"entry": "ingress", "entry_namespace": "gw", "entry_class": "a", "entry_controller": "ingress-nginx"},
            "ingress-nginx was retired in March 2026",
        ),
        (
            {"entry": "ingress", "entry_namespace": "gw", "entry_class": "a", "entry_controller": "traefik", "gateway": "a/b/c"},
            "--gateway requires --entry gateway",
        ),
        (
            {"entry": "gateway", "entry_namespace": "gw", "entry_class": "a", "entry_tls": "passthrough", "entry_secret": "a"},
            "omit --entry-secret",
        ),
        ({"entry": "gateway", "entry_namespace": "gw", "entry_class": "a", "entry_pods": ("role",)}, "'role=' is not a label"),
        (
            {"entry": "gateway", "entry_namespace": "gw", "entry_class": "a", "entry_pods": ("a=b", "a=c")},
            "gives one label two values",
        ),
        ({"entry_class": "a"}, "pass --entry ingress or --entry gateway too"),
        ({"entry_tls": "passthrough"}, "pass --entry ingress or --entry gateway too"),
        ({"entry": "door"}, "'door' is not a value of --entry; choose from service, ingress, gateway"),
        ({"target": "compose", "entry": "gateway", "entry_namespace": "gw", "entry_class": "a"}, "not compose; omit it"),
        ({"proxy_protocol": True}, "pass --trusted-proxy NETWORK"),
        ({"target": "terraform-aws", "proxies": PROXIES}, "terraform-aws has no edge"),
        ({"target": "valkey", "proxies": PROXIES}, "valkey has no edge"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_what_to_do(given: dict[str, Any], why: str) -> None:
    asked = Asked(**{"target": "kubernetes", "images": IMAGES, **given})
    with pytest.raises(HardenProblem, match=why):
        intent_of(asked, contract(), POLICY)


COMMANDS = [
    line
    for line in (ROOT / "docs/harden.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("batten harden kubernetes") and "--entry" in line
]


def test_the_documentation_has_commands() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_documentation_write_what_is_checked_later(line: str, tmp_path: Path) -> None:
    words = [*shlex.split(line)[1:], "--contract", str(ORDERS / "openapi.yaml")]
    words[words.index("--output") + 1] = str(tmp_path / "k8s")
    words += [word for part, named in IMAGES.items() for word in ("--image", f"{part}={named}")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0 and "reviewed, no findings" in done.output, done.output
    text = (tmp_path / "k8s/entry.yaml").read_text(encoding="utf-8")
    assert "shop.example.com" in text and "localhost" not in text
    again = CliRunner().invoke(main, [*words, "--dry-run"])
    assert again.exit_code == 0 and "would write nothing" in again.output


def test_the_default_is_what_it_was() -> None:
    assert stack().entry == Entry() and gateway("") is None and pods(()) == ()


def test_every_controller_has_an_entry_here() -> None:
    used = {(entry.kind, entry.tls, entry.controller) for entry in ENTRIES.values()}
    assert {one for _, _, one in used} == {None, *Controller}
    assert {(kind, tls) for kind, tls, _ in used} == {
        (k, t) for k in Kind if k is not Kind.SERVICE for t in Tls
    }
