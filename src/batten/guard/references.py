"""What a client quotes and an operator searches the log for."""

from __future__ import annotations

import secrets


def new_reference() -> str:
    return secrets.token_hex(8)
