"""What a script says in its own commands: credentials that are written out, and servers that are not verified.

Makefiles mostly serve developers, so nothing is said of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.controls._guessing import guessed
from batten.facts import Fact, Feature, Secret, in_context
from batten.formats.document import Text
from batten.formats.lines import line_start, removal
from batten.model import Context, Edit, Fix, Location, Safety, Setting, Span, Switch
from batten.technologies.shared import pipelines
from batten.technologies.shared.secrets import commands, credentials, evidence
from batten.technologies.shared.transport.upstreams import is_loopback

MOST_LINES = 20_000
_LONGEST = 4_000  # characters of a line that are looked at


def facts(source: Text, bare: str, kept: Sequence[Span]) -> Iterator[Fact]:
    """`bare` is the script without its comments and here-documents, all else in its place; `kept` are the commands of
    containers, whose variables are read with them."""
    for secret in _secrets(source, bare):
        place = secret.at.span
        if place is None or not any(one.start <= place.start < one.end for one in kept):
            yield secret
    for span, what, _ in pipelines.unverified(bare, Span(source.whole.start, len(bare))):
        at = Location(source.path, f"command[{what}]", span)
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), what)


def _secrets(source: Text, bare: str) -> Iterator[Secret]:
    """The first credential of each line."""
    start = source.whole.start
    lines = bare[start:].split("\n")[:MOST_LINES]
    branches: list[
        bool
    ] = []  # of each `if` around a line, whether it is entered by developers and tests only
    overridden = {name for line in lines for name in _OF_AN_OPTION.findall(line[:_LONGEST])}
    named = _VARIABLE_HOST.search(bare) is not None  # a host for all clients
    helping = ""  # the quote of a text of help that goes on for lines
    for line in lines:
        _enter(line, branches)
        helped, helping = helping, _helping(line, helping)
        found = next(commands.typed(line[:_LONGEST]), None)
        if found is not None and (helped or helping):
            found = found if evidence.strong(line[found.span.start : found.span.end].strip("'\"")) else None
        if found is not None:
            at = Location(
                source.path,
                f"command[{found.name}]",
                Span(start + found.span.start, start + found.span.end),
            )
            value = line[found.span.start : found.span.end].strip("'\"")
            held = credentials.found(found.name, value) or _carried(found, value)
            if not named:
                # Whether the client that gets the credential talks to a store of its own machine: it is named no
                # other one.
                client = _CLIENTS.get(found.name)
                if (
                    client is None
                    or client.search(line) is None
                    or _ELSEWHERE.search(line) is not None
                    or line.rstrip().endswith("\\")
                ):
                    of_this_machine = False
                else:
                    of_this_machine = all(
                        is_loopback(host["host"].strip("'\"")) for host in _HOST.finditer(line)
                    )
                if of_this_machine:
                    held = replace(held, local=True)
            if not evidence.strong(value) and (found.name in overridden or evidence.useless(value)):
                held = replace(held, suspected=True)  # the default of an option, or nobody's credential
            secret = credentials.secret(at, found.name, held, "code")
            yield in_context(secret, Context.DEVELOPMENT) if any(branches) else secret
        start += len(line) + 1


def _carried(found: commands.Typed, value: str) -> credentials.Found:
    """What a program is given by an option of its own: a password may be one that is guessed."""
    if found.kind != "password":
        return credentials.Found(found.kind)
    return credentials.Found(found.kind, guessed("password", value))


# What sets the credential, and the program that takes it. Without a host each talks to its own machine:
# https://dev.mysql.com/doc/refman/8.4/en/connecting.html, https://www.postgresql.org/docs/current/libpq-connect.html
_MYSQL, _PSQL = (
    re.compile(r"\b(?:mysql|mariadb)"),
    re.compile(r"\b(?:psql|pg_dump|pg_restore|createdb|dropdb)\b"),
)
_CLIENTS = {"mysql": _MYSQL, "MYSQL_PWD": _MYSQL, "PGPASSWORD": _PSQL}
# Another machine may be named by a URL, a file of options, other variables, or is the one where the command is run.
_ELSEWHERE = re.compile(
    r"://|\bhost(?:addr)?=|--defaults|--login-path|\bservice=|\$[@*]|\b(?:ssh|kubectl|oc|gcloud|aws|heroku|fly)\s"
)
_VARIABLE_HOST = re.compile(r"\b(?:PGHOST(?:ADDR)?|PGSERVICE|MYSQL_HOST)\b")
_HOST = re.compile(r"\s(?:-h|--host)[ =]?(?P<host>[^\s;|&]+)")
_IF = re.compile(r"\s*(?P<word>if|elif|else|fi)\b(?P<test>.*)")
_OF_DEVELOPERS = re.compile(
    r"\$\{?\w+\}?[\"']?\s*={1,2}\s*[\"']?(?:dev|develop|development|local|test|testing|ci)[\"']?\s*(?:\]|;|$)"
)


# A variable that an option of the script, or its argument, sets.
_OF_AN_OPTION = re.compile(
    r"(?<![\w$])([A-Za-z_]\w*)=[\"']?\$(?:[1-9]|\{[1-9][^{}]*\}|OPTARG|\{OPTARG\})[\"']?(?:\s|;|$)"
)


def _helping(line: str, quote: str) -> str:
    """The quote of the text of help in which the line ends; "" outside of one."""
    if quote:
        return quote if line.count(quote) % 2 == 0 else ""
    found = commands.HELP.match(line)
    return found[0][-1] if found is not None and line.count(found[0][-1]) % 2 else ""


def _enter(line: str, branches: list[bool]) -> None:
    """Follow `if`, `elif`, `else` and `fi`, a line each."""
    found = _IF.match(line)
    if found is None:
        return
    dev = _OF_DEVELOPERS.search(found["test"]) is not None
    if found["word"] == "if":
        if not re.search(r";\s*fi\b", line):
            branches.append(dev)
    elif branches and found["word"] == "fi":
        branches.pop()
    elif branches:
        branches[-1] = dev and found["word"] == "elif"


def verified(source: Text, bare: str, span: Span) -> Fix | None:
    """The command without the option that turns verification off."""
    found = pipelines.unverified(bare, Span(source.whole.start, len(bare)))
    instead = next((text for at, _, text in found if at == span), None)
    if instead is None or not source.text[line_start(source.text, span.start) : span.start].strip():
        return None
    edit = Edit(source.path, span, instead) if instead else removal(source, span)
    return Fix("verify certificates", (edit,), safety=Safety.RISKY, breaks=pipelines.UNKNOWN_AUTHORITY)
