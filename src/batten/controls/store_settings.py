"""Controls on what data stores are set up with beside who reaches them: TLS, logs, methods of logins, features."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.controls._registry import control
from batten.controls._store_remedies import RuleClients, RuleMethod, RuleOverTls
from batten.controls._store_rows import ROWS
from batten.controls._suites import MOZILLA_INTERMEDIATE, is_broken, weak_suites
from batten.controls.application import DebugOff
from batten.controls.contract import AuthSchemeModern
from batten.controls.exposure import AccessLogged
from batten.controls.requests import AccessRuleEffective, HostHeaderChecked
from batten.controls.stores import (
    StoreAuthenticated,
    StoreEncrypted,
    StoreHardened,
    StorePrivate,
    for_outsiders,
)
from batten.controls.transport import OLD, TlsCiphers, TlsVersion
from batten.facts import Clients, LoginRule, Store
from batten.model import Case, MinimumTls, Setting, Severity, Switch, TurnOn, UseSuites, Violation

_REMOTE = (Clients.NETWORK, Clients.ANY)


def _of_an_image(store: Store, setting: Setting[str]) -> bool:
    """Whether it is the default of a container whose own file is not here, in which it could be written."""
    return bool(store.service) and not setting.written and setting.at.source == store.at.source


# What the rows judge, in their order: the cases, and the control's title, severity and clauses, as its first judge declares them.
_JUDGED: tuple[tuple[type[Case], str, str, Severity, str], ...] = (
    (StoreHardened, "store-hardened", "Dangerous features of data stores are disabled", Severity.LOW, "S2"),
    (StoreEncrypted, "store-encrypted", "Data stores require TLS", Severity.MEDIUM, "S2"),
    (StorePrivate, "store-private", "Data stores are not reachable from outside", Severity.HIGH, "S2"),
    (StoreAuthenticated, "store-authenticated", "Data stores require authentication", Severity.CRITICAL, "S2"),
    (HostHeaderChecked, "host-header-checked", "The Host header is checked against a list", Severity.LOW, "V1"),
    (AuthSchemeModern, "auth-scheme-modern", "Authentication schemes are modern", Severity.MEDIUM, "V1"),
    (AccessLogged, "access-logged", "Access and errors are logged, without credentials", Severity.LOW, "V1 P4"),
    (DebugOff, "debug-off", "Debug modes and debuggers are off", Severity.CRITICAL, "V7 V1"),
)  # fmt: skip


def _rows_about(cases: type[Case]) -> Callable[[Store], Iterator[Violation]]:
    def judge(store: Store) -> Iterator[Violation]:
        # What the rows say of the store's settings. A default is judged where the store's own file would change it.
        for row in ROWS:
            if isinstance(row.case, cases) and store.product in row.products:
                setting = store.options.get(row.option)
                if (
                    setting is None
                    or _of_an_image(store, setting)
                    or (row.remote and not for_outsiders(store))
                ):
                    applies = False
                else:
                    value = setting.known(None)
                    applies = value is not None and row.wrong(value.strip().lower())
                if applies:
                    at = store.options[row.option].at
                    milder = Severity.LOW if row.remote and store.unpublished else row.severity
                    yield Violation(row.case, row.message, at, remedy=row.remedy, severity=milder)

    return judge


for _cases, _slug, _title, _severity, _clauses in _JUDGED:
    control(_title, _severity, _clauses, slug=_slug)(_rows_about(_cases))


@control("TLS 1.2 or newer only", Severity.HIGH, "V4 P3", slug="tls-version")
def store_tls_version(store: Store) -> Iterator[Violation]:
    if store.protocols is None or not _offers_tls(store):
        return
    old = [v for v in store.protocols.known(()) if v in OLD]
    if old:
        message = f"obsolete protocol versions are enabled: {', '.join(old)}"
        yield Violation(TlsVersion.OLD_VERSION, message, store.protocols.at, remedy=MinimumTls("TLSv1.2"))


@control("Only forward-secret AEAD suites", Severity.MEDIUM, "V4 P3", slug="tls-ciphers")
def store_tls_ciphers(store: Store) -> Iterator[Violation]:
    if store.ciphers is None or not _offers_tls(store) or _of_an_image(store, store.ciphers):
        return
    weak = weak_suites(store.ciphers.known(""))
    if weak:
        more = f" and {len(weak) - 3} more" if len(weak) > 3 else ""
        message = f"weak cipher suites are enabled: {', '.join(weak[:3])}{more}"
        chosen = Severity.LOW if store.ciphers.written else Severity.INFO
        milder = None if any(map(is_broken, weak)) else chosen
        remedy = UseSuites(MOZILLA_INTERMEDIATE)
        yield Violation(TlsCiphers.WEAK_SUITE, message, store.ciphers.at, remedy=remedy, severity=milder)


def _offers_tls(store: Store) -> bool:
    return store.tls is not None and store.tls.known(False)


_FREE = {"trust": "scram-sha-256", "any": "scram-sha-256", "nopass": ""}


@control("Data stores require authentication", Severity.CRITICAL, "S2", slug="store-authenticated")
def store_login_required(rule: LoginRule) -> Iterator[Violation]:
    """A rule that asks for nothing lets its clients log in as any user that it names, the administrator among them."""
    if rule.method not in _FREE or rule.defeat:
        return
    remedy = RuleMethod(_FREE[rule.method])
    message = f"`{rule.rule}` admits {rule.clients.value} without a password"
    if rule.clients in _REMOTE:
        severity = None if rule.clients is Clients.ANY else Severity.HIGH
        yield Violation(StoreAuthenticated.OPEN, message, rule.at, remedy=remedy, severity=severity)
    elif rule.clients is not Clients.UNKNOWN:
        yield Violation(StoreAuthenticated.LOCAL, message, rule.at, remedy=remedy, severity=Severity.LOW)


_WEAK = {
    "password": ("sends the password itself", Severity.HIGH),
    "plain": ("sends the password itself", Severity.HIGH),
    "crypt": ("uses crypt(3), which keeps eight characters", Severity.HIGH),
    "md5": ("uses MD5, which PostgreSQL has deprecated", Severity.LOW),
    "ident": ("trusts the ident service of the client's machine", Severity.HIGH),
}


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def store_rule_modern(rule: LoginRule) -> Iterator[Violation]:
    if rule.method in _WEAK and not rule.defeat:
        how, severity = _WEAK[rule.method]
        if rule.clients not in _REMOTE or (rule.method != "ident" and rule.encrypted):
            severity = Severity.LOW
        message = f"`{rule.rule}` {how}"
        remedy = RuleMethod("scram-sha-256")
        yield Violation(AuthSchemeModern.STORE, message, rule.at, remedy=remedy, severity=severity)


@control("Data stores require TLS", Severity.MEDIUM, "S2", slug="store-encrypted")
def store_rule_encrypted(rule: LoginRule) -> Iterator[Violation]:
    if rule.plain and rule.clients in _REMOTE and not rule.defeat and rule.method != "reject":
        message = f"`{rule.rule}` admits clients without TLS"
        yield Violation(StoreEncrypted.PLAIN, message, rule.at, remedy=RuleOverTls())


@control("Data stores are not reachable from outside", Severity.HIGH, "S2", slug="store-private")
def store_rule_private(rule: LoginRule) -> Iterator[Violation]:
    wide = rule.clients is Clients.ANY and rule.method not in ("reject", "nopass")
    if wide and not rule.defeat:
        message = f"`{rule.rule}` admits clients of every address"
        remedy = RuleClients("samenet")
        yield Violation(StorePrivate.ANY_CLIENT, message, rule.at, remedy=remedy, severity=Severity.MEDIUM)


@control("Access rules take effect and cannot be bypassed", Severity.HIGH, "V1", slug="access-rule-effective")
def store_rule_effective(rule: LoginRule) -> Iterator[Violation]:
    if rule.defeat and rule.method == "reject":
        message = f"`{rule.rule}` has no effect: {rule.defeat}"
        yield Violation(AccessRuleEffective.DEFEATED, message, rule.at, remedy=TurnOn(Switch.ACCESS_RULE))
