"""Who owns the repository, as its own files say.

An owner that is claimed wrongly lowers a finding about that owner's actions by one step, so one is believed only where the
files that name it would not work otherwise, or say whose review a change needs.
"""

from __future__ import annotations

import re

from batten.formats import Unreadable, Workspace

_TEAMS = re.compile(r"(?:^|\s)@(?P<owner>[A-Za-z0-9][\w-]{0,38})/[\w.-]+", re.MULTILINE)
_MODULE = re.compile(r"^module\s+github\.com/(?P<owner>[\w-]{1,39})/", re.MULTILINE)
_REPOSITORY = re.compile(
    r"\"repository\"\s*:\s*(?:\{[^{}]{0,200}\"url\"\s*:\s*)?\"(?:[a-z+]{0,9}://|git@|github:)?(?:www\.)?(?:github\.com[/:])?(?P<owner>[A-Za-z0-9][\w-]{0,38})/"
)
_FILES = {
    "CODEOWNERS": _TEAMS,
    ".github/CODEOWNERS": _TEAMS,
    "docs/CODEOWNERS": _TEAMS,
    "go.mod": _MODULE,
    "package.json": _REPOSITORY,
}
_READ = 20_000  # characters of each


def owners(workspace: Workspace) -> frozenset[str]:
    """The owners' names, in small letters; none where no file says."""
    found = set[str]()
    for path, pattern in _FILES.items():
        try:
            text = workspace.text(path).text[:_READ] if workspace.exists(path) else ""
        except Unreadable:
            continue
        found.update(one["owner"].lower() for one in pattern.finditer(text))
    return frozenset(found)
