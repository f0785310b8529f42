"""Remedies as settings of etcd's file, or as variables."""

from __future__ import annotations

from batten.controls._store_remedies import AskOption, SetOption
from batten.formats import Workspace
from batten.formats.env import parse_env
from batten.formats.lines import appended
from batten.model import Edit, Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.shared.settings.settings import Settings
from batten.technologies.shared.text.field_edits import put
from batten.technologies.shared.transport.tls import OLD_SUITES, iana_suite
from batten.technologies.shared.transport.upstreams import is_loopback, target_of
from batten.technologies.stores.etcd.settings import field_of, is_yaml, variable_of

_CLIENTS = "listen-client-urls"
_CERTIFICATES = "which certificate, key and CA ({0}cert-file, {0}key-file, {0}trusted-ca-file)?"


def fix_of(server_settings: Settings, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The setting that makes the remedy true."""
    match remedy:
        case SetOption(name, value, breaks):
            return _risky(f"set {name} to {value}", _set(server_settings, workspace, name, value), breaks)
        case AskOption(title, question):
            return Fix(title, (), safety=Safety.VALUE, question=question)
        case want.RequireAuth() if at.pointer.endswith(_CLIENTS):
            question = _CERTIFICATES.format("") + " Then set client-cert-auth, and listen on https"
            return Fix("require a certificate of every client", (), safety=Safety.VALUE, question=question)
        case want.Bind() if (urls := server_settings.found.get(_CLIENTS)) is not None:
            value = _on_loopback(urls.value)
            edits = _set(server_settings, workspace, _CLIENTS, value)
            return _risky("listen on loopback only", edits, "clients and members on other machines")
        case want.TurnOff(Switch.PLAIN) if (urls := server_settings.found.get(_CLIENTS)) is not None:
            value = ",".join(u for u in urls.value.split(",") if u.startswith("https://") or _local(u))
            edits = _set(server_settings, workspace, _CLIENTS, value)
            return _risky("close the listener without TLS", edits, "clients that connect without TLS")
        case want.TurnOff(Switch.METRICS) if (
            urls := server_settings.found.get("listen-metrics-urls")
        ) is not None:
            edits = _set(server_settings, workspace, "listen-metrics-urls", _on_loopback(urls.value))
            return _risky("serve metrics on loopback only", edits, "monitoring from other machines")
        case want.UseSuites(suites):
            value = ",".join(filter(None, map(iana_suite, suites)))
            edits = _set(server_settings, workspace, "cipher-suites", value)
            return _risky("offer forward-secret AEAD suites only", edits, OLD_SUITES)
        case want.TurnOn(Switch.VERIFY_TLS):
            edits = _set(server_settings, workspace, at.pointer, "false")
            return _risky(
                "verify the names in members' certificates", edits, "members with certificates of other names"
            )
    return None


def _local(url: str) -> bool:
    return is_loopback(target_of(url).host)


def _on_loopback(urls: str) -> str:
    made = (
        url if _local(url) else f"{target_of(url).scheme}://127.0.0.1:{target_of(url).port or 2379}"
        for url in urls.split(",")
    )
    return ",".join(dict.fromkeys(made))


def _set(server_settings: Settings, workspace: Workspace, name: str, value: str) -> list[Edit]:
    path = server_settings.at.source
    if is_yaml(path, workspace):
        return put(workspace, field_of(path, name, workspace), value)
    document = workspace.document(path, parse_env)
    found = [pair for pair in document.tree if pair.key == variable_of(name)]
    if not found:
        text = workspace.text(path)
        return [appended(text, len(text.text), f'{variable_of(name)}="{value}"')]
    return [Edit(path, found[-1].value_span, f'"{value}"')] if found[-1].value != value else []


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, tuple(edits), safety=safety, breaks=breaks) if edits else None
