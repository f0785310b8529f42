"""What an application's image is built from: its language, its lock file and its start command."""

from __future__ import annotations

import msgspec

# By language: lock file, and the program that installs from it.
LOCK_FILES = {
    "python": {"uv.lock": "uv", "poetry.lock": "poetry", "requirements.txt": "pip"},
    "node": {"package-lock.json": "npm", "npm-shrinkwrap.json": "npm", "pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn"},
    "go": {"go.sum": "go", "go.mod": "go"},
    "java": {"pom.xml": "maven", "build.gradle.kts": "gradle", "build.gradle": "gradle"},
}  # fmt: skip
USUAL = {"python": "requirements.txt", "node": "package-lock.json", "go": "go.sum", "java": "pom.xml"}


class Program(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """As the command line and a folder say it, and as a lock file keeps it.

    `start` is one line, quoted as for a shell. `private` says that the package registry asks for credentials, `apart` that the
    files do not lie in the folder that is built. `installing` are packages of npm whose install scripts run, `compiled` says
    that package.json has a script `build`. `let_in` are patterns of files whose names are those of credentials and whose
    content is none. `include` are the files and folders that the build gets; none: all but what is kept out.
    """

    language: str = ""
    lock_file: str = ""
    start: str = ""
    private: bool = False
    apart: bool = False
    installing: tuple[str, ...] = ()
    compiled: bool = False
    let_in: tuple[str, ...] = ()
    include: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The lock file, or what the language usually has."""
        return self.lock_file or USUAL.get(self.language, "")

    @property
    def installer(self) -> str:
        """ "" for a language or a lock file that there is not."""
        return LOCK_FILES.get(self.language, {}).get(self.file, "")
