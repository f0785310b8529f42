"""`batten guard run --engine`: what it takes of the options of `guard run`."""

from __future__ import annotations

import click
from click.core import ParameterSource

from batten.guard.engine.programs import Engine, program
from batten.guard.engine.running import run
from batten.guard.options import GuardProblem, Mode
from batten.guard.proxy.settings import Address, Settings

_TAKEN = frozenset(("engine", "engine_path", "contract", "policy", "upstream", "upstream_ca", "listen", "cert", "key", "workers", "mode",
                    "admin", "traffic", "drain_seconds", "connections", "allow_unjudged"))  # fmt: skip
_ALSO = {Engine.NGINX: frozenset(("max_body",))}


def serve(settings: Settings, context: click.Context, engine: str, path: str) -> None:
    """Raises GuardProblem and PolicyProblem."""
    chosen = Engine(engine)
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is not ParameterSource.DEFAULT
        if given and name not in _TAKEN | _ALSO.get(chosen, frozenset()):
            raise GuardProblem(
                f"{parameter.opts[0]} cannot be combined with --engine {engine}; omit one of them"
            )
    if settings.options.mode is not Mode.ENFORCE:
        raise GuardProblem(f"{engine} cannot observe; omit --engine to observe, and enforce with it later")
    if settings.services:
        raise GuardProblem(f"{engine} serves one API; omit --engine, or remove `services` from batten.yaml")
    for option, where in (("--listen", settings.listen), ("--upstream", settings.upstream.address)):
        if not isinstance(where, Address):
            raise GuardProblem(f"{option} {where} cannot be used with --engine {engine}; write host:port")
    run(settings, program(chosen, path))
