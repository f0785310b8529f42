"""Whose an image is, and what its vendor documents: a name must not be an easy way to make a finding small."""

from __future__ import annotations

import json

import pytest

from batten.files.own import own_text
from batten.technologies.shared.containers.hosts import joined, needs

ROWS = json.loads(own_text("technologies/shared/containers/hosts.json") or "{}")


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_the_vendors_page_and_whole_names(name: str) -> None:
    row = ROWS[name]
    assert row["source"].startswith("https://") and row["images"]
    for image in row["images"]:
        found = needs(image)
        assert found is not None and found.certain and found.product == row["name"]
        assert found.source == row["source"]
    paths = [*row.get("read", ()), *row.get("written", ())]
    assert all(path.startswith("/") and (path == "/" or not path.endswith("/")) for path in paths)


def test_names_and_images_are_of_one_row() -> None:
    images = [image for row in ROWS.values() for image in row["images"]]
    assert len(images) == len(set(images)) and len({row["name"] for row in ROWS.values()}) == len(ROWS)


@pytest.mark.parametrize(
    "image",
    [
        "evil/traefik", "docker.io/evil/traefik", "index.docker.io/evil/traefik:v3", "traefik/evil", "traefik-evil", "xtraefik",
        "quay.io/evil/node-exporter", "quay.io/traefik", "ghcr.io/traefik", "ghcr.io/evil/portainer/portainer-ce",
        "ghcr.io/portainer/portainer-ce", "gcr.io/evil/cadvisor/cadvisor", "public.ecr.aws/evil/traefik", "lscr.io/evil/wireguard",
        "registry.gitlab.com/evil/traefik", "mcr.microsoft.com/traefik", "Traefik", "traefik/", "/traefik", "", ":", "@sha256:00",
        "registry.example.com/acme/traefik", "traefik.example/acme/portainer-ce", "mirror.gcr.io/evil/traefik", "trаefik",
    ],
)  # fmt: skip
def test_another_publishers_name_is_not_the_vendors(image: str) -> None:
    assert needs(image) is None


@pytest.mark.parametrize(
    "image",
    ["registry.example.com/library/traefik:v3", "localhost:5000/prom/node-exporter", "harbor.example/hub/portainer/agent@sha256:00", "\0/prom/node-exporter"],
)  # fmt: skip
def test_a_copy_at_another_registry_is_not_certain(image: str) -> None:
    found = needs(image)
    assert found is not None and not found.certain


@pytest.mark.parametrize(
    "image", ["prom/node-exporter:\0", "prom/node-exporter:v1@sha256:00", "docker.io/prom/node-exporter"]
)
def test_a_tag_decides_nothing(image: str) -> None:
    found = needs(image)
    assert found is not None and found.certain


@pytest.mark.parametrize(
    "words", [["sh", "-c", "x"], ["/bin/bash"], ["busybox", "sh"], ["/usr/bin/env", "sh"], ["python3", "-c", "x"], ["sh -c x"], ["nsenter", "-t", "1"]]
)  # fmt: skip
def test_another_program_in_the_vendors_image_is_not_the_vendors(words: list[str]) -> None:
    assert needs("traefik", words) is None
    assert needs("traefik", ["--providers.docker"]) is not None
    assert needs("prom/node-exporter", ["/bin/node_exporter", "--path.rootfs=/host"]) is not None


def test_the_socket_is_for_a_provider_that_is_on_and_not_for_a_published_console() -> None:
    def despite(image: str, hints: list[str] | None = None, exposed: bool = False) -> str:
        found = needs(image, (), hints, exposed=exposed)
        assert found is not None
        return found.despite

    assert despite("traefik", []) and despite("traefik", ["--entrypoints.web.address=:80"])
    assert not despite("traefik", ["--providers.docker=true"]) and not despite(
        "traefik", ["TRAEFIK_PROVIDERS_SWARM"]
    )
    assert not despite("traefik")  # what configures it is elsewhere
    assert not despite("traefik", ["--providers.docker"], exposed=True)  # an edge is there to be reached
    assert despite("portainer/portainer-ce", exposed=True) and not despite("portainer/portainer-ce")


def test_paths_below_what_is_documented_are_documented_and_others_are_not() -> None:
    promtail = needs("grafana/promtail")
    assert promtail is not None
    assert promtail.reads("/var/log") and promtail.reads("/var/log/pods") and promtail.reads("/run/promtail")
    assert not promtail.reads("/var/logs") and not promtail.reads("/var") and not promtail.writes("/var/log")
    exporter = needs("prom/node-exporter")
    assert exporter is not None and exporter.reads("/etc/shadow") and not exporter.writes("/etc")


def test_a_pod_needs_what_its_containers_need_if_all_are_known() -> None:
    exporter, proxy = needs("prom/node-exporter"), needs("quay.io/brancz/kube-rbac-proxy")
    both = joined([exporter, proxy])
    assert both is not None and both.product == "node_exporter" and "pid" in both.namespaces
    assert joined([exporter, None]) is None and joined([]) is None
    copy = joined([exporter, needs("registry.example.com/prom/node-exporter")])
    assert copy is not None and not copy.certain
