"""Deployments with certificates by ACME: the client is confined, what it needs is open, and nothing else is."""

from __future__ import annotations

import os
import re
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from deployments import POLICY, contract, generated, image, judged, objects, told
from network_policies import Cluster, Pod

from batten.engine.hardening.asked import Asked, intent_of
from batten.harden import HardenProblem, targets
from batten.harden.made import Made
from batten.harden.stack import APPLICATION, EDGE
from needs import program
from proofs import turn

BESIDE, ITSELF = ("nginx", "haproxy", "envoy"), ("caddy", "traefik")
SHAPES = [
    *(("systemd", edge) for edge in (*BESIDE, *ITSELF)),
    *(("compose", edge) for edge in (*BESIDE, *ITSELF)),
    *(("kubernetes", edge) for edge in (*BESIDE, *ITSELF)),
]


def made(target: str, edge: str, *names: str, **more: Any) -> Made:
    beside = {"acme": image("certbot")} if target == "compose" and edge in BESIDE else {}
    words = Asked(
        target=target, edge=edge, acme=True, acme_email="ops@example.com", project="shop",
        names=names or ("shop.example.com",), images={"api": image("api"), "edge": image(edge), **beside}, **more,
    )  # fmt: skip
    return targets.render(target, intent_of(words, contract(), POLICY))


@pytest.mark.parametrize(("target", "edge"), turn("acme", SHAPES, 3))
def test_it_is_judged_clean_and_always_the_same(target: str, edge: str) -> None:
    whole = made(target, edge)
    found = judged(whole)
    assert told(found) == [] and found.problems == [] and found.facts
    assert dict(made(target, edge).files) == dict(whole.files)
    values = [value.decode() for value in generated(whole).values()]
    assert not [path for path, text in whole.files.items() if any(value in text for value in values)]


@pytest.mark.parametrize("edge", ITSELF)
def test_in_a_cluster_one_pod_gets_its_certificate_itself_and_keeps_it(edge: str) -> None:
    whole = made("kubernetes", edge, "a.example.com", "b.example.com")
    every = objects(whole)
    (front,) = (one for one in every if one["kind"] == "StatefulSet" and one["metadata"]["name"] == EDGE)
    (claim,) = front["spec"]["volumeClaimTemplates"]
    (container,) = front["spec"]["template"]["spec"]["containers"]
    mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert front["spec"]["replicas"] == 1 and mounted["/data"] == claim["metadata"]["name"]
    text = "".join(whole.files.values())
    assert "/data" in whole.files[f"edge/{'Caddyfile' if edge == 'caddy' else 'traefik.yaml'}"]
    assert "edge-tls" not in text and "cert-manager" not in text
    assert any("one pod" in note and "envoy" in note for note in whole.notes)


@pytest.mark.parametrize("edge", ITSELF)
def test_the_edge_alone_reaches_the_authority_and_no_private_network(edge: str) -> None:
    every = objects(made("kubernetes", edge))
    outward = [
        one["spec"]
        for one in every
        if one["kind"] == "NetworkPolicy"
        and any("ipBlock" in to for rule in one["spec"].get("egress", ()) for to in rule.get("to", ()))
    ]
    (spec,) = outward
    (rule,) = spec["egress"]
    assert spec["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == EDGE
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    refused = [ip_network(net) for to in rule["to"] for net in to["ipBlock"]["except"]]
    for address in ("10.1.2.3", "169.254.169.254", "172.20.0.1", "192.168.0.9", "fd00::1", "fe80::1"):
        assert any(ip_address(address) in net for net in refused), address


def rows(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("edge", BESIDE)
def test_the_client_is_a_user_of_its_own_and_writes_nowhere_else(edge: str) -> None:
    files = made("systemd", edge).files
    client, service = rows(files["units/shop-acme.service"]), rows(files["units/shop-edge.service"])
    assert client["User"] == client["Group"] == ["shop-acme"] and "WantedBy" not in client
    assert client["ProtectSystem"] == ["strict"] and client["ReadWritePaths"] == ["/var/lib/shop-acme"]
    assert client["SocketBindDeny"] == ["any"]
    assert client.get("SocketBindAllow") == (None if edge == "nginx" else ["tcp:980"])
    assert client["AmbientCapabilities"] == ["" if edge == "nginx" else "CAP_NET_BIND_SERVICE"]
    assert service["SupplementaryGroups"] == ["shop-acme"] and "LoadCredential" not in service
    assert ("ExecReload" in service) == (edge != "envoy") == ("units/shop-acme-reload.path" in files)
    assert rows(files["units/shop-acme.timer"])["OnCalendar"] == ["*-*-* 00/12:00:00"]


@pytest.mark.parametrize("edge", ITSELF)
def test_an_edge_that_asks_itself_keeps_its_certificate(edge: str) -> None:
    files = made("systemd", edge).files
    assert rows(files["units/shop-edge.service"])["StateDirectory"] == ["shop-edge"]
    assert not [path for path in files if "acme" in path]
    text = "".join(files[path] for path in files if path.startswith("edge/"))
    assert "/var/lib/shop-edge/" in text and "/run/credentials" not in text


def test_systemd_takes_the_units_and_scores_them(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    for edge in BESIDE:
        for path, text in made("systemd", edge).files.items():
            if path.startswith("units/shop-acme") and path.endswith(".service"):
                (tmp_path / Path(path).name).write_text(text)
        for unit in tmp_path.glob("*.service"):
            done = subprocess.run(
                [analyze, "security", "--offline=yes", "--no-pager", str(unit)], capture_output=True, text=True, check=False
            )  # fmt: skip
            (value,) = re.findall(r"Overall exposure level for \S+: (\d+\.\d)", done.stdout)
            assert float(value) <= 2.0, unit.name


@pytest.mark.skipif(os.geteuid() != 0, reason="makes files of other users: root")
def test_users_and_folders_are_made_by_systemds_own_programs(tmp_path: Path) -> None:
    whole = made("systemd", "nginx")
    for path, text in whole.files.items():
        if ".d/" in path:
            place = tmp_path / "etc" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    for path, value in generated(whole).items():
        place = tmp_path / "etc/shop" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(value)
    (tmp_path / "var/lib").mkdir(parents=True)
    for words in (["systemd-sysusers"], ["systemd-tmpfiles", "--create", "--prefix=/var/lib/shop-acme"]):
        subprocess.run([program(words[0]), f"--root={tmp_path}", *words[1:]], check=True, capture_output=True)
    state = tmp_path / "var/lib/shop-acme"
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (*state.iterdir(), *(state / "served").iterdir())
    }
    assert modes == {"webroot": 0o755, "served": 0o750, "tls.key": 0o640, "tls.crt": 0o640}


def test_no_word_ends_in_a_unit() -> None:
    """What systemd would fill in is written twice; what a shell would is within quotes."""
    text = made("systemd", "haproxy", "a.example.com", "b.example.com").files["units/shop-acme.service"]
    (start,) = rows(text)["ExecStart"]
    assert "--domain a.example.com --domain b.example.com" in start and "--http-01-port 980" in start
    assert "'/bin/sh /etc/shop/acme/deploy.sh'" in start and "%" not in start.replace("%%", "")


def manifest(kind: str) -> dict[str, Any]:
    (found,) = (
        one
        for one in objects(made("kubernetes", "envoy"))
        if one["kind"] == kind and one["metadata"]["name"] in (EDGE, "acme-solver")
    )
    return found


def test_cert_manager_is_asked_for_a_key_that_is_new_each_time() -> None:
    spec = manifest("Certificate")["spec"]
    assert spec["privateKey"] == {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}
    assert spec["usages"] == ["digital signature", "server auth"] and spec["secretName"] == "edge-tls"
    assert spec["issuerRef"]["name"] == manifest("Issuer")["metadata"]["name"]
    whole = made("kubernetes", "envoy")
    assert "certificate.yaml" in yaml.safe_load(whole.files["kustomization.yaml"])["resources"]


def test_the_edge_alone_reaches_the_pod_that_answers() -> None:
    every = objects(made("kubernetes", "envoy"))
    policies = [one for one in every if one["kind"] == "NetworkPolicy"]
    labels = manifest("Issuer")["spec"]["acme"]["solvers"][0]["http01"]["ingress"]["podTemplate"]["metadata"][
        "labels"
    ]
    solver = Pod("solver", "shop", tuple(labels.items()))
    parts = [
        Pod(one["metadata"]["name"], "shop", tuple(one["spec"]["template"]["metadata"]["labels"].items()))
        for one in every
        if one["kind"] == "Deployment"
    ]
    there = Cluster([*parts, solver], policies, {"shop": {"kubernetes.io/metadata.name": "shop"}})
    reaching = {pod.name for pod in parts if there.admits(pod, solver, "TCP", 8089)}
    assert reaching == {EDGE} and not there.admits(None, solver, "TCP", 8089)
    (service,) = (
        one for one in every if one["kind"] == "Service" and one["metadata"]["name"] == "acme-solver"
    )
    assert service["spec"]["selector"].items() <= labels.items()
    assert not [pod for pod in parts if pod.name == APPLICATION and there.admits(solver, pod, "TCP", 8000)]


def test_several_names_need_another_way_in_a_cluster() -> None:
    with pytest.raises(HardenProblem, match="pass one --name"):
        made("kubernetes", "envoy", "a.example.com", "b.example.com")


@pytest.mark.parametrize("kind", ["gateway", "ingress"])
def test_behind_an_entry_the_edge_gets_no_challenge(kind: str) -> None:
    entry = {"entry": kind, "entry_class": "eg", "entry_namespace": "eg", "proxies": ("10.244.0.0/16",)}
    more = {"entry_controller": "traefik"} if kind == "ingress" else {}
    with pytest.raises(HardenProblem, match=f"behind --entry {kind} plain HTTP ends at the entry"):
        made("kubernetes", "envoy", **entry, **more)


@pytest.mark.parametrize("edge", ITSELF)
def test_in_compose_the_edge_keeps_its_certificate_in_a_volume(edge: str) -> None:
    whole = made("compose", edge)
    project = yaml.safe_load(whole.files["compose.yaml"])
    assert "edge-data" in project["volumes"] and "secrets" not in project["services"][EDGE]
    assert any("chown 10002 /data" in note for note in whole.notes)
    assert "/data/" in "".join(whole.files.values())


@pytest.mark.parametrize("edge", BESIDE)
def test_in_compose_certbot_is_a_service_that_alone_holds_the_account(edge: str) -> None:
    whole = made("compose", edge)
    project = yaml.safe_load(whole.files["compose.yaml"])
    certbot, front = project["services"]["acme"], project["services"][EDGE]
    volumes = {
        name: {one["source"]: one for one in service["volumes"]}
        for name, service in project["services"].items()
        if "volumes" in service
    }
    shared = {"acme-served", *(("acme-webroot",) if edge == "nginx" else ())}
    assert volumes[EDGE].keys() == {"./edge", *shared} and volumes["acme"].keys() == {
        "./acme",
        "acme-state",
        *shared,
    }
    assert all(volumes[EDGE][name]["read_only"] for name in shared) and set(project["volumes"]) == {
        "acme-state",
        *shared,
    }
    assert (
        "secrets" not in front
        and len(certbot["secrets"]) == 2
        and front["group_add"] == [certbot["user"].partition(":")[0]]
    )
    assert (
        certbot["cap_drop"] == ["ALL"]
        and certbot["read_only"]
        and "ports" not in certbot
        and certbot["networks"] == ["outside"]
    )
    assert front["depends_on"]["acme"] == {"condition": "service_healthy"} and certbot["healthcheck"]
    assert [secret.path for secret in whole.secrets if secret.path.startswith("secrets/edge/")] == [
        "secrets/edge/tls.key",
        "secrets/edge/tls.crt",
    ]
    assert any("chown" in note and "shop_acme-state" in note for note in whole.notes)


@pytest.mark.parametrize("edge", BESIDE)
def test_scripts_of_containers_are_taken_by_every_shell(edge: str, tmp_path: Path) -> None:
    scripts = {path: text for path, text in made("compose", edge).files.items() if path.endswith(".sh")}
    assert set(scripts) == {
        "acme/renew.sh",
        "acme/deploy.sh",
        *(() if edge == "envoy" else ("edge/start.sh",)),
    }
    for text in scripts.values():
        for shell in ("dash", "bash"):
            subprocess.run([program(shell), "-n"], input=text.encode(), check=True)
    assert ("--standalone" in scripts["acme/renew.sh"]) == (edge != "nginx")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"images": {"api": image("api"), "edge": image("nginx")}}, "no image with a digest is given for 'acme'"),
        ({"stores": ("valkey=acme",)}, "'acme' is the client of ACME"),
        ({"edge": "caddy", "images": {"acme": image("certbot")}}, "'acme' is not a part of the stack"),
        ({"target": "kubernetes", "edge": "envoy", "images": {"acme": image("certbot")}}, "'acme' is not a part of the stack"),
    ],
)  # fmt: skip
def test_the_image_of_certbot_is_asked_for_where_it_is_needed(words: dict[str, Any], why: str) -> None:
    given = {"api": image("api"), "edge": image("nginx"), "acme": image("certbot"), "valkey": image("valkey")}
    common = {"target": "compose", "edge": "nginx", "acme": True, "names": ("shop.example.com",)}
    given = {name: one for name, one in given.items() if name != "valkey"}
    with pytest.raises(HardenProblem, match=why):
        asked = Asked(**{**common, "images": given, **words})
        targets.render(asked.target, intent_of(asked, contract(), POLICY))


@pytest.mark.parametrize("edge", ["nginx", "haproxy"])
def test_in_a_cluster_an_edge_starts_by_a_script_that_sees_new_certificates(edge: str) -> None:
    whole = made("kubernetes", edge)
    (pod,) = (
        one for one in objects(whole) if one["kind"] == "Deployment" and one["metadata"]["name"] == EDGE
    )
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/sh", "/etc/edge/start.sh"]
    assert "cksum < /run/secrets/edge/tls.crt" in whole.files["edge/start.sh"]
    settings = yaml.safe_load(whole.files["kustomization.yaml"])["configMapGenerator"][0]
    assert "edge/start.sh" in settings["files"]
    text = "".join(text for path, text in whole.files.items() if path.startswith("edge/"))
    assert "acme-solver:8089" in text
