"""The rendered units: judged by batten, with exactly the ports and the credentials that they need."""

from __future__ import annotations

import pytest
from deployments import STACKS, generated, judged, made, stack, told

from batten.harden import targets
from batten.harden.made import Made
from batten.harden.stack import APPLICATION, Stack
from batten.harden.systemd import SERVICES


@pytest.fixture(scope="module", params=STACKS)
def rendered(request: pytest.FixtureRequest) -> tuple[Stack, Made]:
    of = STACKS[request.param]
    return of, made("systemd", of)


def rows(text: str) -> dict[str, list[str]]:
    """The settings of [Service], in their order."""
    found: dict[str, list[str]] = {}
    for line in text.partition("[Service]\n")[2].partition("\n[")[0].splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_same_inputs_make_the_same_bytes(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    assert dict(made("systemd", of).files) == dict(whole.files)


def test_it_is_judged_clean(rendered: tuple[Stack, Made]) -> None:
    found = judged(rendered[1])
    assert told(found) == []
    assert found.problems == [] and found.facts


@pytest.mark.parametrize("edge", [name for name in targets.offered() if name in targets.EDGES])
def test_every_edge_can_be_in_it(edge: str) -> None:
    whole = made("systemd", stack(edge=edge))
    found = judged(whole)
    assert told(found) == [] and found.problems == []
    (start,) = rows(whole.files["units/shop-edge.service"])["ExecStart"]
    assert [path for path in whole.files if path.startswith("edge/") and f"/etc/shop/{path}" in start]


def test_each_may_listen_at_its_own_ports_only(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    application = rows(whole.files[f"units/{of.name}.service"])
    assert application["SocketBindDeny"] == ["any"]
    assert application["SocketBindAllow"] == [f"tcp:{of.application.port}"]
    assert application["IPAddressDeny"] == ["any"] and application["IPAddressAllow"] == ["localhost"]
    edge = rows(whole.files[f"units/{of.name}-edge.service"])
    assert edge["SocketBindDeny"] == ["any"] and edge["SocketBindAllow"] == ["tcp:443", "tcp:80"]


def test_every_store_has_its_password_and_its_drop_in(rendered: tuple[Stack, Made]) -> None:
    of, whole = rendered
    loaded = rows(whole.files[f"units/{of.name}.service"]).get("LoadCredential", [])
    folder = f"/etc/{of.name}/secrets/{APPLICATION}"
    assert loaded == [f"{store.name}-password:{folder}/{store.name}-password" for store in of.stores]
    for store in of.stores:
        assert rows(whole.files[f"units/{SERVICES[store.kind]}.service.d/batten.conf"])[
            "NoNewPrivileges"
        ] == ["yes"]


def test_no_secret_stands_in_a_file(rendered: tuple[Stack, Made]) -> None:
    local = made("systemd", rendered[0], local_ca=True)
    for path, value in generated(local).items():
        assert not [name for name, text in local.files.items() if value.decode() in text], path
