"""Names of container images: their parts, what product they hold and whom they run as."""

from __future__ import annotations

import re

from batten.model.record import record

ROOT, NON_ROOT = "root", "nonroot"
ADMINISTRATOR = "ContainerAdministrator"  # what Windows Server Core images run as

# Product names are those of the release-cycle table (endoflife.date's).
PRODUCTS = {
    "python": "python",
    "node": "nodejs",
    "php": "php",
    "ruby": "ruby",
    "golang": "go",
    "eclipse-temurin": "eclipse-temurin",
    "nginx": "nginx",
    "nginxinc/nginx-unprivileged": "nginx",
    "redis": "redis",
    "redis/redis-stack": "redis",
    "bitnami/redis": "redis",
    "valkey/valkey": "valkey",
    "bitnami/valkey": "valkey",
    "postgres": "postgresql",
    "bitnami/postgresql": "postgresql",
    "mysql": "mysql",
    "mysql/mysql-server": "mysql",
    "mariadb": "mariadb",
    "mongo": "mongodb",
    "bitnami/mongodb": "mongodb",
    "elasticsearch": "elasticsearch",
    "docker.elastic.co/elasticsearch/elasticsearch": "elasticsearch",
    "opensearchproject/opensearch": "opensearch",
    "rabbitmq": "rabbitmq",
    "memcached": "memcached",
    "haproxy": "haproxy",
    "httpd": "apache-http-server",
    "traefik": "traefik",
    "prom/prometheus": "prometheus",
    "quay.io/prometheus/prometheus": "prometheus",
    "grafana/grafana": "grafana",
    "grafana/grafana-oss": "grafana",
    "grafana/grafana-enterprise": "grafana",
    "keycloak/keycloak": "keycloak",
    "quay.io/keycloak/keycloak": "keycloak",
    "clickhouse": "clickhouse",
    "clickhouse/clickhouse-server": "clickhouse",
    "kibana": "kibana",
    "docker.elastic.co/kibana/kibana": "kibana",
    "envoyproxy/envoy": "envoy",
    "debian": "debian",
    "ubuntu": "ubuntu",
    "alpine": "alpine-linux",
    "centos": "centos",
    "rockylinux": "rocky-linux",
    "rockylinux/rockylinux": "rocky-linux",
    "mcr.microsoft.com/dotnet/aspnet": "dotnet",
    "mcr.microsoft.com/dotnet/runtime": "dotnet",
    "mcr.microsoft.com/dotnet/sdk": "dotnet",
    "couchdb": "couchdb",
    "influxdb": "influxdb",
    "minio/minio": "minio",
    "cassandra": "apache-cassandra",
    "nats": "nats",
    "neo4j": "neo4j",
    "registry.k8s.io/kube-apiserver": "kubernetes",
    "registry.k8s.io/kube-controller-manager": "kubernetes",
    "registry.k8s.io/kube-scheduler": "kubernetes",
    "registry.k8s.io/kube-proxy": "kubernetes",
}
CODENAMES = {
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
}
UBUNTU = {
    "trusty": "14.04",
    "xenial": "16.04",
    "bionic": "18.04",
    "focal": "20.04",
    "jammy": "22.04",
    "noble": "24.04",
}
_DISTRIBUTIONS = frozenset(
    [
        "debian",
        "ubuntu",
        "alpine",
        "busybox",
        "centos",
        "rockylinux",
        "almalinux",
        "fedora",
        "amazonlinux",
        "archlinux",
    ]
)
_RUNTIMES = frozenset(
    ["python", "node", "ruby", "golang", "php", "openjdk", "eclipse-temurin", "rust", "perl", "gcc", "pypy"]
)
# Official images whose Dockerfile ends as somebody else than root.
_UNPRIVILEGED = frozenset(
    [
        "haproxy",
        "memcached",
        "varnish",
        "elasticsearch",
        "kibana",
        "logstash",
        "solr",
        "sonarqube",
        "jenkins",
        "kong",
        "traefik-nonroot",
        "grafana/grafana",
        "prom/prometheus",
        "nginxinc/nginx-unprivileged",
        "opensearchproject/opensearch",
    ]
)
_EDGES = frozenset(
    [
        "nginx",
        "nginxinc/nginx-unprivileged",
        "haproxy",
        "httpd",
        "traefik",
        "envoyproxy/envoy",
        "caddy",
        "kong",
        "kong/kong",
        "apache/apisix",
        "jwilder/nginx-proxy",
        "nginxproxy/nginx-proxy",
        "openresty/openresty",
    ]
)
# Applications whose own port, or whose SSH, is another program's default.
_APPLICATIONS = frozenset(
    [
        "n8nio/n8n",
        "gitea",
        "gitea/gitea",
        "forgejo/forgejo",
        "gogs/gogs",
        "gitlab/gitlab-ce",
        "gitlab/gitlab-ee",
        "homeassistant/home-assistant",
        "home-assistant/home-assistant",
        "prom/prometheus",
        "prom/alertmanager",
        "grafana/loki",
        "jenkins/jenkins",
        "sonatype/nexus3",
        "vaultwarden/server",
        "ollama/ollama",
        "portainer/portainer-ce",
        "linuxserver/code-server",
        "langgenius/dify-api",
        "apache/superset",
        "metabase/metabase",
        "minio/minio",
    ]
)
_REFERENCE = re.compile(
    r"(?P<name>[^@]+?)(?::(?P<tag>[\w][\w.\-]*))?(?:@(?P<digest>\w+:[0-9a-fA-F]+))?", re.ASCII
)
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_ALPINE = re.compile(r"alpine(\d+\.\d+)")
_DISTROLESS = re.compile(r"gcr\.io/distroless/nodejs(\d+)(?:-debian\d+)?")  # their version is in the name


@record
class Reference:
    name: str  # without docker.io and library
    tag: str = ""
    digest: str = ""

    @property
    def official(self) -> bool:
        return "/" not in self.name


# Images that start as root and serve as root, and those whose master alone is root's. Only who builds on one chooses:
# elsewhere the image is others' work.
_STARTED_AS_ROOT_TEXT = """
adoptopenjdk amazoncorretto apache/tomcat azul/zulu-openjdk bash bellsoft/liberica-openjdk-alpine bellsoft/liberica-
openjdk-debian buildpack-deps caddy clojure composer continuumio/miniconda3 dart denoland/deno docker elixir erlang
haskell ibm-semeru-runtimes julia maven mono nvidia/cuda opensuse/leap oraclelinux oven/bun photon pytorch/pytorch
r-base redhat/ubi8 redhat/ubi9 redhat/ubi8-minimal redhat/ubi9-minimal rocker/r-ver rockylinux/rockylinux sapmachine
swift tensorflow/tensorflow tomcat tomee almalinux/9-base mcr.microsoft.com/dotnet/aspnet
mcr.microsoft.com/dotnet/runtime mcr.microsoft.com/dotnet/sdk mcr.microsoft.com/dotnet/runtime-deps
mcr.microsoft.com/openjdk/jdk registry.access.redhat.com/ubi8/ubi registry.access.redhat.com/ubi9/ubi
registry.access.redhat.com/ubi8/ubi-minimal registry.access.redhat.com/ubi9/ubi-minimal
"""
_STARTED_AS_ROOT = frozenset(_STARTED_AS_ROOT_TEXT.split())
_MASTER_AS_ROOT = frozenset(
    ["drupal", "httpd", "joomla", "nextcloud", "nginx", "openresty/openresty", "wordpress"]
)


def parse(reference: str) -> Reference:
    """The parts of an image reference."""
    found = _REFERENCE.fullmatch(reference.strip())
    if found is None:
        return Reference(reference.strip())
    name = found["name"]
    for prefix in ("docker.io/", "index.docker.io/", "registry-1.docker.io/", "library/"):
        name = name.removeprefix(prefix)
    return Reference(name, found["tag"] or "", found["digest"] or "")


# Folders of a registry that hold copies of others' images.
_MIRRORS_TEXT = (
    "mirror mirrors proxy proxies cache hub dockerhub docker-hub docker.io docker remote docker-remote library "
    "third-party thirdparty external upstream public vendor official base images"
)
_MIRRORS = frozenset(_MIRRORS_TEXT.split())


def familiar(name: str) -> tuple[str, ...]:
    """The names by which an image's documentation may know it, the name itself first: what is behind the host of a
    mirror or of a private registry, and its folders.

    The last part alone is an official image's only below a host or a folder of copies: `acme/registry` is Acme's.
    """
    parts = name.split("/")
    hosted = len(parts) > 1 and (parts[0] == "localhost" or bool(set(".:") & set(parts[0])))
    inner = parts[1:] if hosted else parts
    found = [name, *("/".join(inner[start:]) for start in range(len(inner) - 1))]
    if len(parts) > 1 and (inner[:-1] == [] or inner[-2] in _MIRRORS):
        found.append(inner[-1])
    return tuple(dict.fromkeys(found))


# Images that run what their user puts in them: their name says nothing of who listens.
_GENERIC = frozenset(
    [
        "scratch",
        "buildpack-deps",
        "bash",
        "node",
        "bun",
        "oven/bun",
        "denoland/deno",
        "tomcat",
        "jetty",
        "swift",
        "haskell",
    ]
)


def generic(reference: str) -> bool:
    """Whether an image is a runtime's or a system's, which runs what its user puts in it."""
    return any(name in _GENERIC | _RUNTIMES | _DISTRIBUTIONS for name in familiar(parse(reference).name))


def bare(image: Reference) -> bool:
    """Whether an image holds a system or a language, and starts at most a shell."""
    return image.name in {*_DISTRIBUTIONS, *_RUNTIMES, "scratch"} and not {"fpm", "apache"} & {
        *re.split(r"[-.]", image.tag)
    }


def specific(reference: str) -> bool:
    """Whether an image is one product for all users: Docker's official images are, but for runtimes and systems."""
    names = familiar(parse(reference).name)
    known = PRODUCTS.keys() | _EDGES | _UNPRIVILEGED | _APPLICATIONS
    if generic(reference):
        return False
    return "/" not in names[0] or any(name in known for name in names)


def user(image: Reference) -> str | None:
    """Whom the image runs as when nobody says: "root", "nonroot", or None when that is not known."""
    name = image.name
    if name in _UNPRIVILEGED or name.startswith(("cgr.dev/chainguard/", "bitnami/", "docker.elastic.co/")):
        return NON_ROOT
    if "distroless/" in name or "chiseled" in image.tag:
        return NON_ROOT if "nonroot" in f"{name}:{image.tag}" or "chiseled" in image.tag else ROOT
    if name.startswith("mcr.microsoft.com/windows/"):
        return NON_ROOT if name.endswith("/nanoserver") else ADMINISTRATOR
    if name == "php" and not {"fpm", "apache"}.isdisjoint(re.split(r"[-.]", image.tag)):
        return None  # its master is root's, and what answers requests is www-data's
    if name == "scratch" or name in _DISTRIBUTIONS or name in _RUNTIMES:
        return ROOT
    return None


# Public copies of Docker's official images, as they are.
_COPIES = re.compile(
    r"(?:public\.ecr\.aws/docker|mirror\.gcr\.io|mcr\.microsoft\.com/mirror/docker)/(?:library/)?"
)


def started_by_root(image: Reference) -> bool | None:
    """Whether an image that is built on starts as root, as its publisher left it; None where only its master does."""
    name = _COPIES.sub("", image.name)
    if name in _MASTER_AS_ROOT:
        return None
    chiseled = "chiseled" in image.tag or "nonroot" in image.tag
    return not chiseled and (name in _STARTED_AS_ROOT or user(Reference(name, image.tag)) == ROOT)


def well_known(name: str) -> bool:
    """Whether a bare name is an image that everyone knows, and not a build stage or context."""
    return "/" not in name and (
        name in PRODUCTS or name in _STARTED_AS_ROOT or name in _RUNTIMES or name in _DISTRIBUTIONS
    )


def is_edge(reference: str) -> bool:
    """Whether the image is a reverse proxy's or a gateway's."""
    return any(name in _EDGES for name in familiar(parse(reference).name))


# What images of other products are built on; the release of one is a part of their tags.
DISTRIBUTIONS = frozenset(("alpine-linux", "debian", "ubuntu"))


def components(image: Reference) -> list[tuple[str, str]]:
    """(product, version) of what a well-known image holds, its distribution included where the tag
    names it."""
    found: list[tuple[str, str]] = []
    product = PRODUCTS.get(image.name)
    if distroless := _DISTROLESS.fullmatch(image.name):
        return [("nodejs", distroless[1])]
    named = {"debian": CODENAMES, "ubuntu": UBUNTU}.get(product or "", {})
    word = image.tag.split("-")[0]
    if word in named:
        version = named[word]
    else:
        version_found = _VERSION.match(image.tag)
        version = version_found[1] if version_found else ""
    if product and version:
        found.append((product, version))
    if not product or product in DISTRIBUTIONS:
        return found
    words = image.tag.split("-")
    found += [("debian", CODENAMES[w]) for w in words if w in CODENAMES]
    found += [("ubuntu", UBUNTU[w]) for w in words if w in UBUNTU]
    found += [("alpine-linux", m[1]) for m in [_ALPINE.search(image.tag)] if m]
    return found


# The day of a build, which belongs to one release: `focal-20211006`, `bookworm-20250113-slim`.
_BUILT_ON = re.compile(r"20\d{6}(?:\.\d+)?")
_BARE_TAG = re.compile(r"v?\d[\w.-]*")


def retagged(reference: str, version: str) -> str:
    """The reference, or the tag where it is written alone, with another version of what it holds; a release of a distribution
    that its tag names goes where it may not exist with that version, and the day of a build. "" where the name has the version, or no
    tag of that version is known to exist."""
    image = parse(reference)
    if _DISTROLESS.fullmatch(image.name) or image.name in _WITHDRAWN:
        return ""
    if is_tag(reference):
        return _tagged(reference, version)
    head = reference.partition("@")[0]
    head = head.removesuffix(f":{image.tag}") if image.tag else head
    tag = _tagged(image.tag, version, PRODUCTS.get(image.name, ""))
    return f"{head}:{tag}" if tag else ""


def is_tag(text: str) -> bool:
    """Whether it is a tag that is written without its image, as `newTag` of Kustomize is."""
    return _BARE_TAG.fullmatch(text) is not None


# Releases of distributions on which the newest versions of a product are built, by
# https://hub.docker.com/_/node (and php, python, ruby, golang).
_RECENT = frozenset(("bookworm", "trixie"))
_KEPT = dict.fromkeys(("nodejs", "php", "python", "ruby", "go"), _RECENT)


# Images of which no newer version is built, by https://hub.docker.com/_/openjdk.
_WITHDRAWN = frozenset(("openjdk",))
# Words that tags of .NET 10 have, by https://github.com/dotnet/dotnet-docker/issues/6860 and
# https://learn.microsoft.com/dotnet/core/docker/container-images; a chiseled image is one of Ubuntu 24.04.
_OF_DOTNET = frozenset(("noble", "alpine", "chiseled", "extra", "composite", "aot"))


def _tagged(tag: str, version: str, product: str = "") -> str:
    if product == "dotnet":
        # The tag of a newer .NET; "" where the old one names a system that has another name there, or no image.
        words = ["alpine" if _ALPINE.fullmatch(w) else w for w in tag.split("-")[1:]]
        kept = [w for w in words if w == "noble" or (w not in CODENAMES | UBUNTU and w != "slim")]
        if not _OF_DOTNET.issuperset(kept):
            return ""
        if "chiseled" in kept and "noble" not in kept:
            kept.insert(0, "noble")
        return "-".join((version if "." in version else f"{version}.0", *kept))
    kept = [
        w
        for w in tag.split("-")[1:]
        if not _BUILT_ON.fullmatch(w) and (w in _KEPT.get(product, ()) or w not in CODENAMES | UBUNTU)
    ]
    return "-".join((version, *("alpine" if _ALPINE.fullmatch(w) else w for w in kept)))
