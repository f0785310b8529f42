"""The facts of one pod: what it runs, mounts, opens and holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Fact, Feature, Store, Workload
from batten.formats import Workspace
from batten.model import Location, Setting, Switch
from batten.technologies.orchestration.kubernetes.cluster import SHORT_LIVED, Cluster, Container, Pod
from batten.technologies.orchestration.kubernetes.daemons import is_static
from batten.technologies.orchestration.kubernetes.embedded import EmbeddedFile
from batten.technologies.orchestration.kubernetes.environment import complete, literals, variable_facts
from batten.technologies.orchestration.kubernetes.placing import mounts
from batten.technologies.orchestration.kubernetes.services import Doors, host_ports
from batten.technologies.orchestration.kubernetes.volumes import config_file
from batten.technologies.orchestration.kubernetes.workload import container_workload, pod_workload
from batten.technologies.shared.containers import consoles, image_facts, switches
from batten.technologies.shared.processes.words import process_facts
from batten.technologies.shared.secrets import commands, credentials
from batten.technologies.shared.secrets.beside import user_of
from batten.technologies.shared.stores import recognition

# https://github.com/kubernetes/dashboard/blob/v2.7.0/docs/common/dashboard-arguments.md,
# https://argo-cd.readthedocs.io/en/stable/operator-manual/server-commands/argocd-server/,
# https://argo-workflows.readthedocs.io/en/latest/argo-server-auth-mode/
_UNLOCKING = {
    "--enable-skip-login": ("dashboard", "the Kubernetes dashboard, whose login can be skipped,"),
    "--disable-auth": ("argocd", "Argo CD, which requires no login,"),
    "--auth-mode=server": ("argo", "Argo Workflows, which acts for anonymous clients,"),
}
_SHELLS = frozenset(("sh", "bash", "ash", "dash"))


def pod_facts(
    pod: Pod,
    cluster: Cluster,
    doors: Doors,
    files: list[EmbeddedFile],
    merged: set[EmbeddedFile],
    workspace: Workspace,
) -> Iterator[Fact]:
    """`files` are what ConfigMaps hold; those that a store's own facts are made of are added to `merged`."""
    ports = doors.ports_of(pod, cluster)
    whole = pod_workload(pod, cluster, ports, doors.entrances(pod, cluster))
    yield whole
    yield from whole.mounts
    yield from host_ports(pod)
    for container in pod.containers:
        running = container_workload(pod, container, cluster, whole.root_refused is not None)
        yield running
        serves = container.stays and pod.owner.kind not in SHORT_LIVED
        # Whether a pod runs once, when its Job is made, and never again.
        marks = (*pod.owner.annotations, *pod.owner.labels)
        yield from image_facts.image_facts(
            running.image,
            once=pod.owner.kind == "Job" and not any(mark.startswith(_HOOKS) for mark in marks),
            serves=serves,
        )
        arguments = tuple(_arguments(container))
        # Options for developers on the command line.
        for number, feature, what in switches.debug_words([word for word, _ in arguments]):
            at = arguments[number][1]
            yield Feature(at, feature, Setting(True, at), what)
        yield from process_facts(arguments)
        # Credentials among the words that start a container, each once a word.
        line, starts = "", []
        for typed_word, _ in arguments:
            starts.append(len(line) + 1)
            line += f" {typed_word}"
        seen: set[int] = set()
        for found in commands.typed(line):
            typed_number = bisect_right(starts, found.span.start) - 1
            if typed_number >= 0 and typed_number not in seen:
                seen.add(typed_number)
                yield credentials.in_config(arguments[typed_number][1], found.name, found.kind)
        # Helm 2's server: without TLS that it verifies, every pod installs charts with its rights. Source:
        # https://v2.helm.sh/docs/securing_installation/
        tiller_name = running.image.known("").partition("@")[0].rpartition("/")[2].partition(":")[0]
        verifies = running.environment.get("TILLER_TLS_VERIFY")
        if tiller_name == "tiller" and (verifies is None or verifies.known("1") == ""):
            on = Setting(True, running.image.at)
            yield Feature(on.at, Switch.CONSOLE, on, "Tiller, which installs charts for every pod,")
        yield from _unlocked(running.image.known(""), arguments)
        store: Store | None = None
        if container.stays and not is_static(pod, container):
            served = replace(running, ports=ports)
            yield from consoles.consoles(served, [word for word, _ in arguments])
            store = _store(pod, container, served, cluster, files, merged, workspace)
        written = list(literals(container))
        beside = {name: value.text for name, value in written}
        for name, value in written:
            yield from variable_facts(name, value, user_of(name, value.text, beside))
        if store is not None:
            yield store


def _store(
    pod: Pod,
    container: Container,
    running: Workload,
    cluster: Cluster,
    files: list[EmbeddedFile],
    merged: set[EmbeddedFile],
    workspace: Workspace,
) -> Store | None:
    """The store that a container runs, its configuration file read from the ConfigMap that holds it."""
    arguments = tuple(_arguments(container))
    found = _configured_by(pod, container, arguments, running, cluster, files)
    if found is not None:
        file, target = found
        merged.add(file)
        workspace = file.workspace(workspace)
        mounts = (
            replace(m, path=file.source, target=target) for m in running.mounts if target.startswith(m.target)
        )
        running = replace(running, mounts=tuple(mounts))
    return recognition.store(running, arguments, complete(pod, container, cluster), workspace)


def _unlocked(image: str, arguments: tuple[tuple[str, Location], ...]) -> Iterator[Feature]:
    """Options by which consoles of a cluster require no login."""
    for word, at in arguments:
        part, what = _UNLOCKING.get(word.removesuffix("=true"), ("", ""))
        if what and part in image:
            yield Feature(at, Switch.CONSOLE, Setting(True, at), what)


# What runs a Job again with each release: https://helm.sh/docs/topics/charts_hooks/, https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook", "pulumi.com/", "kustomize.toolkit.fluxcd.io/force")


def _arguments(container: Container) -> Iterator[tuple[str, Location]]:
    """The words that start the container; those of a script that a shell is given are taken apart."""
    words = [w for key in ("command", "args") for w in container.body[key].items()]
    if len(words) > 2 and words[0].text.rpartition("/")[2] in _SHELLS and words[1].text.endswith("c"):
        yield from ((word, words[2].here) for word in words[2].text.split())
        return
    yield from ((word.text if word.known else "\0", word.here) for word in words)


def _configured_by(
    pod: Pod,
    container: Container,
    arguments: tuple[tuple[str, Location], ...],
    running: Workload,
    cluster: Cluster,
    files: list[EmbeddedFile],
) -> tuple[EmbeddedFile, str] | None:
    """The file of a ConfigMap that the store reads, and its path in the container: one that its command names
    (`/etc/redis.conf`, `config_file=/etc/postgresql.conf`), or one in a folder where its image looks."""
    named = [word[word.index("/") :] for word, _ in arguments if word.startswith("/") or "=/" in word]
    for path in (*named, *_looked_for(pod, container, running, cluster, files)):
        held = config_file(pod, container, path)
        config = cluster.named("ConfigMap", held[0], pod.namespace) if held is not None else None
        for file in files if config is not None else ():
            if (
                held is not None
                and config is not None
                and file.key == held[1]
                and file.source == config.source
                and config.body.span.start <= file.span.start
                and file.span.start <= config.body.span.end
            ):
                return file, path
    product = recognition.product_of(running.image.known(""))
    copied = [f for f in files if f.held and f.technology == product and mounts(pod, f)]
    if len(copied) == 1:  # which a container that runs first, or a script, puts where the server looks
        for path in _looked_for(pod, container, running, cluster, copied):
            return copied[0], path
    return None


def _looked_for(
    pod: Pod, container: Container, running: Workload, cluster: Cluster, files: list[EmbeddedFile]
) -> Iterator[str]:
    """Paths of files that are mounted where the image of a store looks by itself."""
    places = recognition.looked_for(recognition.product_of(running.image.known("")))
    for mount in container.body["volumeMounts"].items():
        target = mount["mountPath"].text.rstrip("/")
        if not any(target == p or p.startswith(f"{target}/") or target.startswith(f"{p}/") for p in places):
            continue
        keys = (target,) if mount["subPath"].text else (f"{target}/{file.key}" for file in files)
        yield from keys
