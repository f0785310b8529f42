"""The rendered project: judged by batten, closed but for its edge, and without a secret in any file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from deployments import STACKS, generated, judged, made, stack, told

from batten.harden import targets
from batten.harden.compose.rendering import FILE
from batten.harden.made import Made
from batten.harden.stack import APPLICATION, EDGE, Stack


@pytest.fixture(scope="module", params=STACKS)
def rendered(request: pytest.FixtureRequest) -> tuple[Stack, Made]:
    of = STACKS[request.param]
    return of, made("compose", of)


def project(whole: Made) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(whole.files[FILE])
    return found


def test_the_same_inputs_make_the_same_bytes(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    assert dict(made("compose", of).files) == dict(whole.files)


def test_it_is_judged_clean(rendered: tuple[Stack, Made]) -> None:
    found = judged(rendered[1])
    assert told(found) == []
    assert found.problems == [] and found.facts


@pytest.mark.parametrize("edge", [name for name in targets.offered() if name in targets.EDGES])
def test_every_edge_can_be_in_it(edge: str) -> None:
    found = judged(made("compose", stack(edge=edge)))
    assert told(found) == [] and found.problems == []


def test_only_the_edge_is_published_and_reaches_the_outside(rendered: tuple[Stack, Made]) -> None:
    whole = project(rendered[1])
    open_networks = {name for name, own in whole["networks"].items() if not own.get("internal")}
    for name, service in whole["services"].items():
        assert ("ports" in service) == (name == EDGE) == bool(open_networks & set(service["networks"]))


def test_exactly_the_flows_of_the_stack_share_a_network(rendered: tuple[Stack, Made]) -> None:
    of, text = rendered
    services = {name: set(own["networks"]) for name, own in project(text)["services"].items()}
    joined = {frozenset((a, b)) for a in services for b in services if a != b and services[a] & services[b]}
    assert joined == {frozenset((flow.source, flow.target)) for flow in of.flows if flow.source}


def test_no_secret_stands_in_a_file_and_each_has_its_one_reader(rendered: tuple[Stack, Made]) -> None:
    of, _ = rendered
    local = made("compose", of, local_ca=True)
    values = generated(local)
    for path, value in values.items():
        assert not [name for name, text in local.files.items() if value.decode() in text], path
    whole, owners = project(local), {secret.path: secret.owner for secret in local.secrets}
    files = {name: own["file"].removeprefix("./") for name, own in whole["secrets"].items()}
    assert set(files.values()) <= set(values)  # with --local-ca nothing is left to people
    for service in whole["services"].values():
        for secret in service.get("secrets", ()):
            assert str(owners[files[secret["source"]]]) == service["user"].partition(":")[0], secret


def test_every_folder_and_secret_that_it_names_is_there(rendered: tuple[Stack, Made]) -> None:
    whole = project(rendered[1])
    named = {
        secret["source"] for service in whole["services"].values() for secret in service.get("secrets", ())
    }
    assert named == set(whole["secrets"])
    for service in whole["services"].values():
        for volume in service.get("volumes", ()):
            if volume["type"] == "bind":
                folder = volume["source"].removeprefix("./") + "/"
                assert [path for path in rendered[1].files if path.startswith(folder)], folder
            else:
                assert volume["source"] in whole["volumes"]


def test_every_service_is_confined_and_bounded(rendered: tuple[Stack, Made]) -> None:
    for service in project(rendered[1])["services"].values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and "@sha256:" in service["image"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["user"].partition(":")[0]) > 0
        assert service["mem_limit"] and service["cpus"] and service["pids_limit"]


def test_the_application_gets_every_store_by_name(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    environment = project(whole)["services"][APPLICATION]["environment"]
    for store in of.stores:
        key = store.name.upper().replace("-", "_")
        assert environment[f"{key}_HOST"] == store.name and environment[f"{key}_PORT"] == str(store.port)
