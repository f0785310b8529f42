"""The rendered base: judged by batten, by the API server's schemas, and by an evaluator of network policies."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import yaml
from deployments import STACKS, generated, image, judged, made, objects, stack, told
from network_policies import Cluster, Pod

from batten.harden import HardenProblem, targets
from batten.harden.made import Made
from batten.harden.stack import APPLICATION, EDGE, Application, Stack
from needs import package

TRIED = (22, 53, 80, 443, 1883, 2379, 3306, 4222, 5432, 5671, 6379, 8000, 8080, 8443, 8883, 9000, 9200, 27017)


@pytest.fixture(scope="module", params=STACKS)
def rendered(request: pytest.FixtureRequest) -> tuple[Stack, Made]:
    of = STACKS[request.param]
    return of, made("kubernetes", of)


def test_the_same_inputs_make_the_same_bytes(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    assert dict(made("kubernetes", of).files) == dict(whole.files)


def test_it_is_judged_clean(rendered: tuple[Stack, Made]) -> None:
    found = judged(rendered[1])
    assert told(found) == []
    assert found.problems == [] and found.facts


def test_the_api_servers_schemas_take_it(rendered: tuple[Stack, Made]) -> None:
    validate = package("kubernetes_validate").validate
    for one in objects(rendered[1]):
        if one["apiVersion"].startswith("kustomize"):
            continue
        validate(one, "1.29", strict=True)


def cluster(whole: Made) -> Cluster:
    every = objects(whole)
    pods = []
    for one in every:
        if one["kind"] in ("Deployment", "StatefulSet"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            pods.append(Pod(one["metadata"]["name"], one["metadata"]["namespace"], tuple(labels.items())))
    pods.append(Pod("dns", "kube-system", (("k8s-app", "kube-dns"),)))
    pods.append(
        Pod(
            "another",
            "default",
            (("app.kubernetes.io/name", APPLICATION), ("app.kubernetes.io/part-of", "shop")),
        )
    )
    (own,) = (one["metadata"] for one in every if one["kind"] == "Namespace")
    known = {name: {"kubernetes.io/metadata.name": name} for name in ("kube-system", "default", own["name"])}
    known[own["name"]] |= own["labels"]
    return Cluster(pods, [one for one in every if one["kind"] == "NetworkPolicy"], known)


def test_exactly_the_flows_of_the_stack_pass(rendered: tuple[Stack, Made]) -> None:
    """Over all pairs of pods, the outside, and every port that anything here knows."""
    of, whole = rendered
    there = cluster(whole)
    needed = {(flow.source, flow.target, flow.port) for flow in of.flows if flow.source}
    needed |= {("", EDGE, 8443), ("", EDGE, 8080)}  # inside the pod; its service has 443 and 80
    inner = [pod for pod in there.pods if pod.namespace == of.name]
    found = set()
    for source, target in product([None, *there.pods], [None, *there.pods]):
        if source is target or not {source, target} & set(inner):
            continue
        for port, protocol in product(TRIED, ("TCP", "UDP")):
            if there.admits(source, target, protocol, port):
                found.add((source and source.name, target and target.name, protocol, port))
    dns = {(pod.name, "dns", protocol, 53) for pod in inner for protocol in ("TCP", "UDP")}
    # From anywhere to the edge: the outside and every pod of the cluster.
    anyone = [None, *(pod.name for pod in there.pods if pod.namespace != of.name)]
    inward = {(name, EDGE, "TCP", port) for name in anyone for port in (8443, 8080)}
    flows = {(source, target, "TCP", port) for source, target, port in needed if source}
    assert found == dns | inward | flows


def containers(whole: Made) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each pod's specification with its container."""
    specs = [
        one["spec"]["template"]["spec"]
        for one in objects(whole)
        if one["kind"] in ("Deployment", "StatefulSet")
    ]
    return [(spec, container) for spec in specs for container in spec["containers"]]


def test_every_pod_is_confined_probed_and_bounded(rendered: tuple[Stack, Made]) -> None:
    for spec, container in containers(rendered[1]):
        assert spec["automountServiceAccountToken"] is False and spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["runAsUser"] >= 10_000
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] and own["capabilities"] == {"drop": ["ALL"]}
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
        assert container["resources"]["requests"] == container["resources"]["limits"]
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        claimed = {"data"} if "data" in mounted else set()
        assert mounted - claimed == {volume["name"] for volume in spec.get("volumes", ())}


def test_no_secret_stands_in_a_file(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    local = made("kubernetes", of, local_ca=True)
    for path, value in generated(local).items():
        assert not [name for name, text in local.files.items() if value.decode() in text], path
    assert not [one for one in objects(whole) if one["kind"] == "Secret"]


def test_every_file_that_the_kustomization_names_is_there(rendered: tuple[Stack, Made]) -> None:
    files = rendered[1].files
    kustomization = yaml.safe_load(files["kustomization.yaml"])
    named = [
        *kustomization["resources"],
        *(f for one in kustomization["configMapGenerator"] for f in one["files"]),
    ]
    assert sorted(named) == sorted(set(files) - {"kustomization.yaml"})
    assert all(one["files"] for one in kustomization["configMapGenerator"])


@pytest.mark.parametrize("edge", [name for name in targets.offered() if name in targets.EDGES])
def test_every_edge_can_be_in_it(edge: str) -> None:
    found = judged(made("kubernetes", stack(edge=edge)))
    assert told(found) == [] and found.problems == []


def test_an_image_without_a_digest_is_refused() -> None:
    for of in (
        Stack(edge_image=image("nginx")),
        Stack(edge_image="nginx:1.29", application=Application(image=image("api"))),
    ):
        with pytest.raises(HardenProblem, match=r"pass --image (api|edge)="):
            made("kubernetes", of)


def test_a_configuration_that_no_config_map_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.harden.kubernetes.rendering.MOST_MAP", 1_000)
    with pytest.raises(HardenProblem, match=r"nginx .* pass another --edge"):
        made("kubernetes", stack())
