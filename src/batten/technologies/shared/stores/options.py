"""What the command lines and variables of stores say beside logins: encryption, dangerous features.

Sources: the manuals of the products.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.model import UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.containers.container import Container

_SSL = re.compile(r"(?:-c|--)?ssl=(?:on|true|yes|1)")
_CONFIGURED = re.compile(r"(?:-c|--)?(?:config_file|hba_file)=.*|.*\.conf")
_TLS_MODE = re.compile(r"--(?:tlsMode|sslMode)(?:=.*)?")
_ON = re.compile(r"(?i)(?:1|on|true|yes)?")
_TRUE = re.compile(r"(?i)true")
# product -> option or variable, the value that is dangerous
_DANGEROUS: dict[str, tuple[tuple[Switch, re.Pattern[str]], ...]] = {
    "mysql": ((Switch.LOCAL_INFILE, _ON), (Switch.SECURE_FILE_PRIV, re.compile(r"(?:''|\"\")?"))),
    "mariadb": ((Switch.LOCAL_INFILE, _ON), (Switch.SECURE_FILE_PRIV, re.compile(r"(?:''|\"\")?"))),
    "elasticsearch": ((Switch.ALLOW_ANY_ORIGIN, re.compile(r"[\"']?\*[\"']?")),),
    "opensearch": ((Switch.ALLOW_ANY_ORIGIN, re.compile(r"[\"']?\*[\"']?")),),
    "kafka": ((Switch.OPEN_WITHOUT_ACL, _TRUE),),
    "neo4j": ((Switch.UNRESTRICTED_PROCEDURES, re.compile(r"\*")),),
}

# What a store's own command line or configuration turns on, by the option's name.
OPTIONS = frozenset(
    (
        Switch.ALLOW_ANY_ORIGIN,
        Switch.DEBUG_COMMAND,
        Switch.LOCAL_INFILE,
        Switch.MODULE_COMMAND,
        Switch.OPEN_WITHOUT_ACL,
        Switch.PROTECTED_CONFIGS,
        Switch.SECURE_FILE_PRIV,
        Switch.UNRESTRICTED_PROCEDURES,
    )
)


def dangerous(container: Container) -> Iterator[Setting[Switch]]:
    for feature, value in _DANGEROUS.get(container.product, ()):
        given = _given(container, feature.value)
        if given is not None and given.is_known and value.fullmatch(given.known("")):
            named = replace(given.at, pointer=f"{given.at.pointer}[{feature.value}]")
            yield Setting(feature, named)


def _given(container: Container, name: str) -> Setting[str] | None:
    variable = container.variable(name, name.replace("KAFKA_", "KAFKA_CFG_"))  # as Bitnami's image names it
    if variable is not None:
        return variable
    for word, at in container.arguments:
        option, sign, value = word.removeprefix("--").removeprefix("-E").partition("=")
        if option.replace("_", "-") == name and word.startswith("-") and (sign or name == "local-infile"):
            return Setting(value, at)
    return None


def tls(container: Container) -> Setting[bool] | None:
    """Whether clients are offered TLS; None where the product has another way to say it."""
    if container.product == "postgresql":
        told = _word(container, _SSL)
        configured = _word(container, _CONFIGURED) is not None or container.bitnami
        return _offered(container, told, configured)
    if container.product == "mongodb":
        told = _word(container, _TLS_MODE)
        configured = container.option("--config", "-f") is not None or container.bitnami
        return _offered(container, told, configured)
    return None


def _word(container: Container, pattern: re.Pattern[str]) -> Location | None:
    return next((at for word, at in container.arguments if pattern.fullmatch(word)), None)


def _offered(container: Container, told: Location | None, configured: bool) -> Setting[bool]:
    if told is not None:
        return Setting(True, told)
    return container.missing(UNKNOWN if configured else False)
