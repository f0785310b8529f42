"""The rendered base: judged by batten, by the API server's schemas, and by an evaluator of network policies."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from deployments import STACKS, generated, image, judged, made, objects, stack, told
from network_policies import Pod, cluster, passing, to_dns

from batten.harden import HardenProblem, targets
from batten.harden.made import Made
from batten.harden.stack import APPLICATION, EDGE, Application, Stack
from needs import package

IMPOSTOR = Pod(
    "another", "default", (("app.kubernetes.io/name", APPLICATION), ("app.kubernetes.io/part-of", "shop"))
)


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


def test_exactly_the_flows_of_the_stack_pass(rendered: tuple[Stack, Made]) -> None:
    """Over all pairs of pods, the outside, and every port that anything here knows."""
    of, whole = rendered
    there = cluster(objects(whole), of.name, IMPOSTOR)
    flows = {(flow.source, flow.target, "TCP", flow.port) for flow in of.flows if flow.source}
    # From anywhere to the edge, inside the pod (its service has 443 and 80): the outside and every pod of the cluster.
    inward = {(name, EDGE, "TCP", port) for name in (None, "dns", "another") for port in (8443, 8080)}
    assert passing(there, of.name) == to_dns(there, of.name) | inward | flows


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
