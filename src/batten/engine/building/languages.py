"""In which language an application is written, and the file that names its dependencies exactly."""

from __future__ import annotations

import re

from batten.engine.hardening.shown import Shown
from batten.formats import Unreadable, Workspace
from batten.harden.program import LOCK_FILES
from batten.technologies.dependencies.packages import requirements
from batten.technologies.dependencies.packages.sources import WITH_CREDENTIALS

_SIGNS = {
    "python": ("pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock", "Pipfile", "setup.py", "manage.py"),
    "node": ("package.json",),
    "go": ("go.mod",),
    "java": ("pom.xml", "build.gradle", "build.gradle.kts"),
}  # fmt: skip
_HOW = {
    "python": "write one with `uv lock`, or `uv pip compile --generate-hashes --output-file requirements.txt FILE`",
    "node": "write one with `npm install --package-lock-only`",
}
_HASHES = "write it with `uv pip compile --generate-hashes --output-file requirements.txt FILE`"


def language_of(workspace: Workspace, shown: Shown) -> str:
    """ "" where the folder shows none, or more than one."""
    found = [name for name, signs in _SIGNS.items() if any(map(workspace.exists, signs))]
    if len(found) == 1:
        return found[0]
    if found:
        shown.missing.append(f"the application may be in {' or '.join(found)}; pass --language")
    else:
        signs = ", ".join(sign for signs in _SIGNS.values() for sign in signs)
        shown.missing.append(f"the folder has none of {signs}; name the application's folder with --from")
    return ""


def lock_file_of(workspace: Workspace, language: str, shown: Shown) -> str:
    found = [name for name in LOCK_FILES[language] if workspace.exists(name)]
    if not found:
        known = ", ".join(LOCK_FILES[language])
        shown.missing.append(
            f"the folder has none of {known}; {_HOW.get(language, 'name its folder with --from')}"
        )
        return ""
    if len(found) > 1 and language in _HOW:
        shown.notes.append(f"dependencies are installed from {found[0]}, not from {', '.join(found[1:])}")
    why = _unusable(workspace, found[0])
    if why:
        shown.missing.append(why)
    return found[0]


def _unusable(workspace: Workspace, name: str) -> str:
    """Why nothing can be installed from it exactly; "" where it can."""
    try:
        text = workspace.text(name).text
    except Unreadable as error:
        return f"{name} cannot be read: {error}"
    if WITH_CREDENTIALS.search(text.encode()):
        return f"{name} holds credentials of a registry, which would be in the image; take them out, and pass --private"
    if name == "requirements.txt":
        if any(
            option.name in ("-r", "--requirement", "-c", "--constraint")
            for option in requirements.options(text)
        ):
            return f"requirements.txt includes other files; {_HASHES}"
        if re.search(r"^\s*(?:-e|--editable)\b", text, re.MULTILINE):
            return f"requirements.txt has editable packages, which have no hash; {_HASHES}"
        rows = [text[span.start : span.end].strip() for span in requirements.lines(text)]
        bare = [row for row in rows if row and not row.startswith(("#", "-")) and "--hash=" not in row]
        if bare:
            return f"requirements.txt has no hashes for `{bare[0][:60]}`; {_HASHES}"
        return ""
    if name == "yarn.lock" and "\n__metadata:" in text[:2000]:
        return "yarn.lock is of Yarn 2 or newer, which is not rendered; write package-lock.json with `npm install --package-lock-only`"
    return ""
