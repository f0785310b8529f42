"""git over the network, for repositories that the user named: into a bare repository of batten's own, which holds no hook, no
work tree and no configuration of anybody else's. What is fetched is objects; git checks nothing out, runs no filter, follows no
submodule, and no other transport than the one of the address is allowed.

The process shares the limits and the process group of the one that calls it, and ends with it.

A token goes with the user name that GitHub documents for it, which GitLab accepts, too
(https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation,
https://gitlab.com/gitlab-org/gitlab/-/issues/212953).

Sources: git-fetch(1), git-config(1), git(1) (GIT_ALLOW_PROTOCOL and others), ssh_config(5), SECURITY in git-upload-pack(1).
"""

from __future__ import annotations

import base64
import ctypes
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from batten.cell.git import GitProblem
from batten.cell.programs import installed
from batten.model.record import record

CONFIG = "gitconfig"  # a file of the caller's in `home`, git's only one
LARGEST = 8 << 20  # bytes of a file that is fetched
_PDEATHSIG = 1
_MOST = 65_536  # bytes of what git says
_SWITCHES = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.pager": "cat",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "submodule.recurse": "false",
    "transfer.bundleURI": "false",
    "uploadpack.packObjectsHook": "",
}


@record(kw_only=True)
class Remote:
    """Where a repository is: an https or ssh URL, or a path of this machine. `token` is sent over HTTPS alone; `key` and `hosts`
    are files for ssh. `address` is the one that its host was found to have, "" where that is a proxy's to find: git and ssh are given
    it, so that a name which resolves otherwise a moment later leads nowhere else. `home` is a folder of this user alone, with git's configuration file (CONFIG): that git may read a
    repository of this machine that is another user's is believed there only (git-config(1), safe.directory)."""

    url: str
    home: Path
    token: str = ""
    key: str = ""
    hosts: str = ""
    address: str = ""


def fetched(mirror: Path, remote: Remote, ref: str) -> str:
    """The commit that a branch, tag or digest names there now, fetched with its files into a bare repository, which is made
    where there is none. Raises GitProblem."""
    _git(mirror, remote, ("init", "-q", "--bare", "--template=", str(mirror)))
    words = (
        "fetch",
        "-q",
        "--force",
        "--no-tags",
        "--depth=1",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
    )
    kept = "refs/batten/now"
    _git(
        mirror,
        remote,
        (*words, f"--filter=blob:limit={LARGEST}", "--end-of-options", "origin", f"+{ref}:{kept}"),
    )
    commit = _git(mirror, remote, ("rev-parse", "--verify", "--end-of-options", f"{kept}^{{commit}}")).strip()
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        raise GitProblem("git named no commit")
    return commit


def _git(mirror: Path, remote: Remote, words: tuple[str, ...]) -> str:
    program = installed("git")
    if program is None:
        raise GitProblem("git is not installed")
    try:
        done = subprocess.run(
            [program, f"--git-dir={mirror}", *words], stdin=subprocess.DEVNULL, capture_output=True, check=False,
            env=_environment(remote), cwd=remote.home, preexec_fn=_prepared,
        )  # fmt: skip
    except OSError as error:
        raise GitProblem(f"git cannot be started: {error.strerror}") from error
    if done.returncode:
        raise GitProblem(_why(done.returncode, done.stderr[-_MOST:].decode("utf-8", "replace")))
    return done.stdout[:_MOST].decode("utf-8", "replace")


def _prepared() -> None:
    """In the new process, which a process of one thread makes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _environment(remote: Remote) -> dict[str, str]:
    """All that git learns: no configuration of the machine or the user, and one transport."""
    scheme = urlsplit(remote.url).scheme or "file"
    settings = {
        **_SWITCHES,
        "remote.origin.url": remote.url,
        "protocol.allow": "never",
        f"protocol.{scheme}.allow": "always",
    }
    parts = urlsplit(remote.url)
    if remote.address and scheme == "https" and parts.hostname:
        address = remote.address
        bracketed = f"[{address}]" if ":" in address else address
        settings["http.curloptResolve"] = f"{parts.hostname}:{parts.port or 443}:{bracketed}"
    if remote.token and scheme == "https":
        named = base64.b64encode(f"x-access-token:{remote.token}".encode()).decode()
        settings["http.extraHeader"] = f"Authorization: Basic {named}"
    made = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C",
        "HOME": str(remote.home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(remote.home / CONFIG),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": scheme,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS": "false",
        "GIT_SSH_VARIANT": "ssh",
        "GIT_SSH_COMMAND": _ssh(remote) if scheme == "ssh" else "false",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings.items()):
        made |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    passed = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
    made |= {name: os.environ[name] for name in passed if name in os.environ}
    for ours, theirs in (("SSL_CERT_FILE", "GIT_SSL_CAINFO"), ("SSL_CERT_DIR", "GIT_SSL_CAPATH")):
        made |= {theirs: os.environ[ours]} if ours in os.environ else {}
    return made


def _ssh(remote: Remote) -> str:
    """ssh with the key and the known hosts that the operator named, and nothing of the user's. A shell reads it."""
    # A path as ssh_config(5) reads it: one word, with nothing expanded.
    quoted = '"' + remote.hosts.replace("%", "%%") + '"'
    options: tuple[str, ...] = (
        "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes", "ForwardAgent=no",
        "ClearAllForwardings=yes", "PermitLocalCommand=no", "ConnectTimeout=30", "ServerAliveInterval=30",
        "GlobalKnownHostsFile=/dev/null", f"UserKnownHostsFile={quoted}",
    )  # fmt: skip
    parts = urlsplit(remote.url)
    if remote.address and parts.hostname:  # the host's key is the name's all the same
        named = f"[{parts.hostname}]:{parts.port}" if parts.port not in (None, 22) else parts.hostname
        options += (f"HostName={remote.address}", f"HostKeyAlias={named}", "CheckHostIP=no")
    words = [
        "ssh",
        "-F",
        "/dev/null",
        "-i",
        remote.key,
        *(part for option in options for part in ("-o", option)),
    ]
    return shlex.join(words)


def _why(code: int, said: str) -> str:
    """The sentence of git's that says why it failed; what the other side sends is bounded."""
    large = (f"died of signal {int(signal.SIGXFSZ)}", "File too large", "File size limit exceeded")
    if code == -signal.SIGXFSZ or any(words in said for words in large):
        return "the repository is larger than batten fetches"
    lines = [line.strip() for line in said.splitlines() if line.startswith(("fatal: ", "error: "))]
    why = lines[0].partition(": ")[2] if lines else f"it ended with code {code}"
    return " ".join(why.split())[:300]
