"""One of the applications here, bare or behind the guard: what servers are given, by the environment.

GUARD_APP is its module; with GUARD_CONTRACT it is behind the guard, with the preset GUARD_FRAMEWORK in GUARD_MODE,
and with GUARD_TRAFFIC it learns.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.traffic.counts import Traffic
from batten.guard.wsgi import Guard as WsgiGuard

_bare = import_module(os.environ["GUARD_APP"]).app
_contract = os.environ.get("GUARD_CONTRACT", "")
_given = {"framework": os.environ.get("GUARD_FRAMEWORK"), "mode": os.environ.get("GUARD_MODE", "enforce")}
_traffic = os.environ.get("GUARD_TRAFFIC", "")  # what is learnt goes there


def app(*arguments):
    return _app(*arguments)


async def asgi(scope, receive, send):
    await _app(scope, receive, send)


_is_wsgi = os.environ["GUARD_APP"] in ("drf_app", "smorest_app")
_Guard = WsgiGuard if _is_wsgi else AsgiGuard
_learnt = Traffic(_traffic, learns=True) if _traffic else None
_app = _Guard(_bare, contract=_contract, traffic=_learnt, **_given) if _contract else _bare
