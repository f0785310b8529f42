"""Secrets that settings name as `${NAME}`: read when they are used, from the environment or the data folder, never from the database.

Who sets up an environment or a channel decides where its secrets are sent, so the beginning of a name says what it is for:
`TARGET_` for environments, `ALERT_` for channels, `OIDC_` for the provider of log-ins, which is the operator's. Nothing else of the service's environment can be named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from batten import masking
from batten.files import Refused
from batten.files.named import own_file, read_named, write_named
from batten.watch.model import Asset, Named

FOLDER = "secrets"
NAME = re.compile(r"(TARGET|ALERT|OIDC)_[A-Z0-9_]{1,90}")
ALERT = "ALERT_"
ALERTED = re.compile(r"\$\{(" + ALERT + r"[A-Z0-9_]{1,90})\}")


def named_by(settings: Mapping[str, str]) -> tuple[Named, ...]:
    """The secrets that a channel's settings name, in whichever of them."""
    return tuple(
        Named(Asset.SECRET, found, name)
        for name, value in settings.items()
        for found in dict.fromkeys(ALERTED.findall(value))
    )


def secret(folder: Path, name: str) -> str | None:
    """The secret of a name, masked from now on in all that is written; None where there is none."""
    if NAME.fullmatch(name) is None:
        return None
    value = os.environ.get(name)
    if value is None:
        try:
            value = read_named(folder / FOLDER / name).decode().rstrip("\n")
        except (OSError, Refused, UnicodeDecodeError):
            return None
    masking.register(value)
    return value


def keep(folder: Path, name: str, value: str) -> None:
    """Write a secret into the data folder, for this user's eyes. Raises OSError and Refused."""
    path = folder / FOLDER / name
    own_file(path)
    write_named(path, value.encode())
