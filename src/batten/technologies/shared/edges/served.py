"""Folders that a web server hands out, as they lie in the reviewed tree, and what lies in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Workspace
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.secrets import files

SENSITIVE = re.compile(
    r"\.(?:bash|zsh|sh|python|node_repl|mysql|psql)_history|\.(?:git|svn|hg|bzr|aws|ssh|docker|DS_Store)"
    r"|\.(?:env(?:\..+)?|htpasswd|htaccess|netrc|npmrc|pypirc|pgpass|my\.cnf)|id_(?:rsa|dsa|ecdsa|ed25519)"
    r"|.+\.(?:pem|key|p12|pfx|jks|kdbx|sql|sql\.gz|dump|bak|backup|old|orig|swp|tar\.gz|tgz|sqlite3?|db|log|tfstate)"
    r"|.+~|credentials\.json"
)
# Stand-ins and certificates: clients that get them learn no secret.
HARMLESS = re.compile(r"\.env\.(?:example|sample|template|dist)|ca\.pem")
_MAY_BE_PUBLIC = re.compile(r".+\.(?:pem|key|p12|pfx|jks)")
MOST = 5000  # files looked at below one root


def folder_of(path: str, main: str, workspace: Workspace, *homes: str) -> str:
    """The reviewed folder that the root is on the running system, when it lies here; "" otherwise."""
    for home in homes:
        for candidate in candidates(path.rstrip("/"), main, workspace, home):
            if candidate and not candidate.startswith("..") and workspace.is_directory(candidate):
                return candidate
    return ""


def sensitive_files(folder: str, workspace: Workspace) -> Iterator[str]:
    """Files below a folder that must not be served, as paths below it."""
    waiting, looked = [folder], 0
    while waiting and looked < MOST:
        for entry in workspace.entries(waiting.pop()):
            looked += 1
            name = posixpath.basename(entry)
            if HARMLESS.fullmatch(name):
                is_secret = False
            elif SENSITIVE.fullmatch(name):
                is_secret = not (_MAY_BE_PUBLIC.fullmatch(name) and files.harmless(entry, workspace))
            else:
                is_secret = files.sensitive(entry, workspace)
            if is_secret:
                yield posixpath.relpath(entry, folder)
            elif workspace.is_directory(entry) and not workspace.is_link(entry):
                waiting.append(entry)


def missed_by(patterns: tuple[str, ...], forwards: bool) -> str:
    """Who may notice that these paths are refused; "": no client. An application behind the same site may answer a
    hidden path of its own, as WebDAV and code hosting do."""
    if patterns != ("/.*",):
        return "clients that fetch these files on purpose"
    return "requests for hidden paths that an application behind the same site answers" if forwards else ""
