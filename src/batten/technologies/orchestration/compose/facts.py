"""What a project says beside its workloads: networks and logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batten.facts import AccessLog, Daemon, Network, Secret, WebRoot, Workload
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.orchestration.compose import variables
from batten.technologies.orchestration.compose.parts import Part, flag_setting, truth
from batten.technologies.orchestration.compose.project import Project
from batten.technologies.orchestration.dockerfile.context import sensitive
from batten.technologies.shared.containers import images


def log_facts(name: str, service: Part) -> Iterator[AccessLog | Secret]:
    """A service whose output is thrown away has no log of anything; a driver for a log service has its token among its options."""
    logging = service["logging"]
    driver = logging["driver"] if logging is not None else None
    if driver is not None and driver.text == "none":
        at = driver.at(f"services[{name}]/logging/driver")
        yield AccessLog(at, Setting(False, at), Setting(UNKNOWN, at))
    for key, part in _options(logging):
        yield from variables.secret(key, part, part.at(f"services[{name}]/logging/options[{key}]"))


def _options(logging: Part | None) -> Iterator[tuple[str, Part]]:
    """https://docs.docker.com/engine/logging/drivers/splunk/ and the like: `splunk-token`."""
    options = logging["options"] if logging is not None else None
    yield from options.entries() if options is not None else ()


def engine_facts(running: Workload, words: Sequence[str]) -> Iterator[Daemon]:
    """Docker in Docker that exposes its API to its network."""
    image = images.parse(running.image.known(""))
    certificates = running.environment.get("DOCKER_TLS_CERTDIR")
    if image.name != "docker" or "dind" not in image.tag:
        return
    if certificates is not None and certificates.known("set") == "" and "--tlsverify" not in words:
        at = certificates.at
        yield Daemon(at, "docker", {"hosts": Setting("plain", at)})


_SERVERS = {
    "nginx": ("/usr/share/nginx/html", "/etc/nginx"),
    "nginxinc/nginx-unprivileged": ("/usr/share/nginx/html", "/etc/nginx"),
    "httpd": ("/usr/local/apache2/htdocs", "/usr/local/apache2/conf"),
    "php": ("/var/www/html", "/etc/apache2"),
    "caddy": ("/usr/share/caddy", "/etc/caddy"),
}


def root_facts(running: Workload, workspace: Workspace) -> Iterator[WebRoot]:
    """Folders here that a web server's image serves as its image is configured."""
    image = images.parse(running.image.known(""))
    root, configuration = _SERVERS.get(image.name, ("", ""))
    if not root or (image.name == "php" and "apache" not in image.tag):
        return
    told = any(m.target.startswith(configuration) for m in running.mounts)
    for mount in running.mounts:
        if (
            mount.target.rstrip("/") == root
            and mount.kind == "bind"
            and mount.source.known("").startswith(".")
        ):
            found = () if told else tuple(sensitive(".", mount.path, [], workspace))
            if found:
                yield WebRoot(
                    mount.at,
                    path=mount.source,
                    listing=Setting(UNKNOWN, mount.at),
                    denies_hidden=Setting(ABSENT, mount.at, False),
                    sensitive=found,
                )


def network_facts(project: Project, workloads: list[Workload]) -> Iterator[Network]:
    """The networks that services join; the default one where nothing else is said."""
    root = project.root
    if root is None:
        return
    for name in dict.fromkeys(n for w in workloads for n in w.networks):
        members = tuple(w.name for w in workloads if name in w.networks)
        part = project.networks.get(name)
        pointer = f"networks[{name}]"
        if part is None:
            at = Location(root.source, pointer, root.span, kind=Kind.BLOCK)
            yield Network(at, name, Setting(ABSENT, at, False), members)
            continue
        external = part["external"]
        internal = flag_setting(part, "internal", pointer, False)
        if external is not None and (external.table is not None or truth(external)):
            internal = Setting(UNKNOWN, part.block(pointer))
        yield Network(part.block(pointer), name, internal, members)
