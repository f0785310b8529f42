"""The child of an assessment: `python -m batten.watch.assess.work`. It reads what to do on its standard input, says what it is
doing on standard error, a line each, and writes the JSON report to standard output.

The first line of that is the commit that was read, "" for none; the report follows, unless the commit is the known one.

Exit code 0: that is so; 2: there is none, and the last line of standard error says why.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import msgspec

from batten import masking
from batten.cell.child import confine
from batten.cell.fetch import Remote
from batten.cell.git import GitProblem
from batten.contract import Contract, load
from batten.engine.check import Order, assess, check
from batten.engine.environments import Progress
from batten.engine.outcome import Outcome
from batten.engine.trust import Refusal, vouched
from batten.files import Root
from batten.files.folders import hold
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.live.addresses import Addresses, enforce, networks
from batten.live.exchange import NotAnswered
from batten.live.fetching import fetched
from batten.live.scope import NotReached, addresses_of
from batten.policy import NAME, Environment, Policy, PolicyProblem, find_policy
from batten.policy.load import load_policy
from batten.reports import render
from batten.watch.assess.repositories import itself, laid_out
from batten.watch.assess.sources import CONTRACT
from batten.watch.assess.tasks import FAILED, LIVE, PROXIES, Clone, Target, Tree, document_name

_BETWEEN = 0.2  # seconds between two lines that differ in a count
_TO_ALLOW = (
    "name its places in the repository's setting `allow`, and the variables that it sends in `variables`"
)


def main() -> None:
    """Do what is asked, within the limits that the arguments name."""
    confine(sys.argv[1:])
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Target | Tree | Clone)
    commit, report = "", b""
    network = task.tree.network if isinstance(task, Clone) else task.network
    within = Addresses(allowed=networks(network.allowed), barred=networks(network.barred))
    enforce(within)
    try:
        match task:
            case Target():
                root = Path(task.root)
                _reachable(urlsplit(task.url).hostname or "", within)
                environment = Environment(
                    LIVE, task.url, plain=task.plain, headers=task.headers, stores=tuple(task.stores), tls=tuple(task.tls),
                    rate=task.rate, budget=task.budget, timeout=task.timeout, active=task.active,
                )  # fmt: skip
                name = _fetched(task, within) if task.contract.startswith("/") else task.contract
                contract = _contract(root, name) if name else None
                report = _report(
                    assess(
                        root,
                        Policy(origins=tuple(task.origins)),
                        [environment],
                        contract,
                        tuple(task.origins),
                        _progress(),
                        within,
                    )
                )
            case Tree():
                report = _report(_checked(task, within))
            case Clone():
                commit, report = _cloned(task, within)
    except (PolicyProblem, GitProblem) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"files cannot be written: {error.strerror or error}")
    except MemoryError:
        _fail("the assessment needs more memory than it may use; narrow it to a folder")
    except Exception as error:
        _fail(f"internal error: {masking.failure(error)}; please report it")
    sys.stdout.buffer.write(commit.encode() + b"\n" + report)


def _report(outcome: Outcome) -> bytes:
    text = render("json", outcome, Workspace(outcome.root))
    return msgspec.json.format(text.encode(), indent=-1)


def _progress() -> Progress:
    """Says what goes on, not more often than anybody looks."""
    last = [("", 0.0)]

    def said(line: str) -> None:
        what, now = line.rpartition(":")[0], time.monotonic()
        if what != last[0][0] or now - last[0][1] >= _BETWEEN:
            last[0] = (what, now)
            _said(line)

    return said


def _said(line: str) -> None:
    sys.stderr.write(masking.sentence(line).replace("\n", " ") + "\n")
    sys.stderr.flush()


def _fail(sentence: str) -> NoReturn:
    _said(sentence)
    sys.exit(FAILED)


def _fetched(task: Target, within: Addresses) -> str:
    """The name of the file that the target's own document is kept in."""
    parts = urlsplit(task.url)
    url = f"{parts.scheme}://{parts.netloc}{task.contract}"
    _said(f"fetching {url}")
    try:
        data = fetched(url, task.timeout, CONTRACT, within)
    except NotAnswered as error:
        _fail(
            f"the contract was not fetched: {error}; correct the setting `contract`, or store the document there"
        )
    name = document_name(data.decode("utf-8", "replace"))
    Root(task.root).create(name, data, 0o600)
    return name


def _contract(root: Path, name: str) -> Contract:
    try:
        return load(Workspace(root), name)[0]
    except (SyntaxProblem, Unreadable) as error:
        _fail(f"the contract cannot be used: {error}; {error.hint}")


def _cloned(task: Clone, within: Addresses) -> tuple[str, bytes]:
    """The commit, and the report of its files; b"" for the known one. The token and proxies are gone before anything of the
    repository is read: what its batten.yaml sends is not to hold them."""
    token = os.environ.pop(task.token, "") if task.token else ""
    masking.register(token)
    _said(f"fetching {task.url}")
    if task.strict and task.url.startswith("/"):
        itself(Path(task.url))
    # An address of a repository's host that may be connected to; "" for a path, and where only a proxy can tell.
    url = task.url
    host = urlsplit(url).hostname
    if url.startswith("/") or not host:
        address = ""
    else:
        proxied = url.startswith("https:") and any(os.environ.get(name) for name in PROXIES[:2])
        address = _reachable(host, within, proxied)
    remote = Remote(
        url=task.url, home=Path(task.home), token=token, key=task.key, hosts=task.hosts, address=address
    )  # fmt: skip
    commit, absent = laid_out(
        Path(task.mirrors), remote, task.ref, Path(task.tree.root), task.known, task.whose
    )
    for name in PROXIES:
        os.environ.pop(name, None)
    if commit == task.known:
        return commit, b""
    outcome = _checked(task.tree, within)
    outcome.problems += absent
    return commit, _report(outcome)


def _reachable(host: str, within: Addresses, proxied: bool = False) -> str:
    """The first address of a host that may be connected to; where there is none, this process ends."""
    try:
        found = asyncio.run(addresses_of(host))
    except socket.gaierror:
        found = ()
    if not found and proxied:
        return ""
    for address in found:
        if within.permits(address):
            return address
    _fail(NotReached(host).strerror or "")


def _checked(task: Tree, within: Addresses) -> Outcome:
    if task.held:
        hold(Path(task.root), (Path(task.held),))
    start = Path(task.root, task.folder)
    if not start.is_dir() or not start.resolve().is_relative_to(Path(task.root).resolve()):
        _fail(f"the repository has no folder {task.folder}; correct the setting `folder`")
    found = find_policy(start)
    root = found.parent if found is not None and found.is_relative_to(task.root) else start
    policy = load_policy(root / NAME) if found is not None and root == found.parent else Policy()
    only = () if root == start else (start.relative_to(root).as_posix(),)
    known = {e.name for e in policy.environments}
    if task.environment and task.environment not in known:
        _fail(
            f"batten.yaml has no environment '{task.environment}'; it has {', '.join(sorted(known)) or 'none'}"
        )
    policy, unallowed = vouched(Root(root), policy, task.allow, task.variables)
    order = Order(
        only,
        (task.environment,),
        probe=bool(task.environment),
        history=False,
        traffic=Path(task.traffic) if task.traffic else None,
        unallowed={name: Refusal(refusal.message, _TO_ALLOW) for name, refusal in unallowed.items()},
        without=within,
    )
    return check(root, policy, order, _progress())


if __name__ == "__main__":
    main()
