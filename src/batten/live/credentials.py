"""Headers with credentials: written with the names of environment variables, and sent with their values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from batten.live.exchange import Headers
from batten.policy import Environment

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def credentials(environment: Environment) -> tuple[Headers, tuple[str, ...], list[str]]:
    """The environment's headers with their variables filled in, all secret values, those of roles too, and the
    variables that are not set. A header that lacks one is not sent."""
    headers, secrets, missing = _filled_in(environment.headers)
    for written in environment.roles.values():
        _, more, absent = _filled_in(written)
        secrets, missing = (*secrets, *more), [*missing, *absent]
    return headers, tuple(dict.fromkeys(secrets)), list(dict.fromkeys(missing))


def roles_of(environment: Environment) -> dict[str, Headers]:
    """The headers of each role that has all of its variables."""
    made = {role: _filled_in(written) for role, written in environment.roles.items()}
    return {role: headers for role, (headers, _, missing) in made.items() if headers and not missing}


def _filled_in(written: Mapping[str, str]) -> tuple[Headers, tuple[str, ...], list[str]]:
    headers, secrets, missing = [], [], []
    for name, text in written.items():
        variables = _VARIABLE.findall(text)
        absent = [v for v in variables if v not in os.environ]
        missing += absent
        if absent:
            continue
        value = _VARIABLE.sub(lambda m: os.environ[m[1]], text)
        headers.append((name, value))
        secrets += [value, *(os.environ[v] for v in variables), value.rpartition(" ")[2]]
    return tuple(headers), tuple(dict.fromkeys(s for s in secrets if s)), missing
