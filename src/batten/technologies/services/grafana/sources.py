"""Data sources that Grafana is given as files: the credentials with which it connects, and whom it verifies.

Source: https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources. `$VARIABLE` is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.formats import Workspace, yaml
from batten.model import Setting, Switch
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.text.fields import Field, whole


def is_sources(path: str) -> bool:
    return path.endswith((".yml", ".yaml"))


def sources(path: str, workspace: Workspace) -> Iterator[Fact]:
    """Raises SyntaxProblem and Unreadable."""
    root = whole(path, workspace.document(path, yaml.parse).tree)
    for source in root["datasources"].items():
        for group in ("secureJsonData", "jsonData"):
            for name, value in source[group].entries():
                yield from _secret(name, value)
        for name in ("password", "basicAuthPassword"):  # before version 9
            yield from _secret(name, source[name])
        skipped = source["jsonData"]["tlsSkipVerify"]
        if skipped.truth:
            yield Feature(skipped.here, Switch.VERIFY_TLS, Setting(False, skipped.here), "tlsSkipVerify")


def _secret(name: str, value: Field) -> Iterator[Fact]:
    held = credentials.found(name, value.text) if value.text and "$" not in value.text else None
    if held is not None:
        yield credentials.in_config(value.here, name, held)
