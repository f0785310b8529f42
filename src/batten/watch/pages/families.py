"""Families of controls as people see them: a title for each, and wider areas, few enough to be the columns of a map."""

from __future__ import annotations

from types import MappingProxyType

AREAS = MappingProxyType(
    {
        "Transport": ("transport", "certificates"),
        "Headers": ("headers", "directives"),
        "CORS": ("cors",),
        "Contract": ("contract", "verbs", "payloads", "assets", "outgoing"),
        "Exposure": ("exposure", "requests", "application", "contacts"),
        "Secrets": ("secrets",),
        "Stores": ("stores", "store_settings"),
        "Network": ("networks",),
        "Containers": ("confinement", "isolation", "workloads", "images", "cluster", "pipelines"),
        "Cloud": ("cloud", "cloud_access", "cloud_care", "cloud_data", "cloud_identity"),
        "Upkeep": ("patches", "governance"),
    }
)
OTHER = "Other"  # a technology's own controls, and those of batten.yaml
_AREA_OF = MappingProxyType({family: area for area, families in AREAS.items() for family in families})
_TITLES = MappingProxyType({"cors": "CORS"})


def area(family: str) -> str:
    """The area that a family belongs to."""
    return _AREA_OF.get(family, OTHER)


def title(family: str) -> str:
    """A family's name for people."""
    return _TITLES.get(family, family.replace("_", " ").capitalize())


def members(name: str) -> tuple[str, ...]:
    """The families of an area. Raises KeyError."""
    return ("other",) if name == OTHER else AREAS[name]
