"""What stands beside an Ingress or a route in the same manifests: Services, classes, the controller's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

NGINX = "nginx.ingress.kubernetes.io"
_CONTROLLERS = (
    ("nginx", re.compile(r"nginx", re.IGNORECASE)),
    ("traefik", re.compile(r"traefik", re.IGNORECASE)),
    ("alb", re.compile(r"\balb\b|^alb|ingress\.k8s\.aws", re.IGNORECASE)),
    ("haproxy", re.compile(r"haproxy", re.IGNORECASE)),
    ("gce", re.compile(r"^gce", re.IGNORECASE)),
    ("kong", re.compile(r"kong", re.IGNORECASE)),
    ("contour", re.compile(r"contour", re.IGNORECASE)),
    ("azure", re.compile(r"azure", re.IGNORECASE)),
    ("openshift", re.compile(r"openshift", re.IGNORECASE)),
)
_MAPS = ("ingress-nginx-controller", "nginx-configuration", "nginx-ingress-controller")
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


@record
class Cluster:
    """The objects that are read together."""

    objects: Sequence[KubernetesObject]

    def of(self, *kinds: str) -> Iterator[KubernetesObject]:
        return (o for o in self.objects if o.kind in kinds)

    def find(self, kind: str, name: str, namespace: str) -> KubernetesObject | None:
        """The object of that name; one without a namespace is applied in whatever namespace the other is."""
        for found in self.of(kind):
            if found.name == name and (not namespace or not found.namespace or found.namespace == namespace):
                return found
        return None

    def settings(self) -> KubernetesObject | None:
        """The ConfigMap of ingress-nginx's controller, when it is here."""
        return next((o for o in self.of("ConfigMap") if of_controller(o)), None)


def of_controller(found: KubernetesObject) -> bool:
    labelled = found.labels.get("app.kubernetes.io/name") == "ingress-nginx"
    named = found.name in _MAPS or (labelled and found.name.endswith("-controller"))
    return named and found.body["data"].exists


def controller(ingress: KubernetesObject, cluster: Cluster) -> str:
    """Which controller serves an Ingress: by its class, else by whose annotations it has; "" when nothing
    tells."""
    name = class_name(ingress)
    made = next((o for o in cluster.of("IngressClass") if o.name == name), None) if name else None
    text = made.spec["controller"].text if made is not None else name
    if text:
        return next((known for known, pattern in _CONTROLLERS if pattern.search(text)), "")
    return "nginx" if any(key.startswith(NGINX + "/") for key in ingress.annotations) else ""


def class_name(ingress: KubernetesObject) -> str:
    written = ingress.spec["ingressClassName"]
    text = written.text if written.known else ""
    return text or ingress.annotations.get("kubernetes.io/ingress.class", "")


def internal(ingress: KubernetesObject) -> bool:
    """Whether the class is named as one that outsiders cannot reach."""
    return bool(re.search(r"internal|private|intranet|tailscale|vpn", class_name(ingress), re.IGNORECASE))


def lacking(field: Field) -> Location:
    """The place to show for what is missing below a field: with its key, as a block."""
    return Location(field.source, field.pointer, field.whole, kind=Kind.BLOCK)


def truth(field: Field) -> bool | Unknown:
    """A word that Go's strconv.ParseBool takes for a boolean."""
    if not field.known:
        return UNKNOWN
    return True if field.text in _TRUE else False if field.text in _FALSE else UNKNOWN


@record
class Words:
    """A mapping of words, such as annotations below one prefix or the data of a ConfigMap."""

    field: Field
    prefix: str = ""

    def __getitem__(self, name: str) -> Field:
        key = f"{self.prefix}/{name}" if self.prefix else name
        return self.field[key].named(f"{self.field.pointer}[{key}]")

    def __contains__(self, name: str) -> bool:
        return self[name].exists

    @property
    def place(self) -> Location:
        return lacking(self.field)

    def word(self, name: str, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        return self[name].word(self.place, default)

    def flag(self, name: str, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        found = self[name]
        return Setting(truth(found), found.here) if found.exists else Setting(ABSENT, self.place, default)


def annotations_of(found: KubernetesObject, prefix: str = NGINX) -> Words:
    return Words(found.body["metadata"]["annotations"], prefix)
