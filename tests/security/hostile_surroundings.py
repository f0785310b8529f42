"""What lies around a hostile checkout: a home, a folder to be spared, state, and files that nobody may read."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CANARY = "canary-5c1f0b7e"  # stands in every file outside the checkout, and must stand in no output
LARGE = 8 * 1024 * 1024  # bytes; beyond it a file is told by its size and date
HOME = (
    ".profile",
    ".bashrc",
    ".netrc",
    ".gitconfig",
    ".cfnlintrc",
    ".ssh/id_ed25519",
    ".ssh/authorized_keys",
    ".aws/credentials",
    ".docker/config.json",
    ".config/git/config",
    ".config/helm/repositories.yaml",
    ".local/share/helm/plugins/evil/plugin.yaml",
)


@dataclass(frozen=True)
class Surroundings:
    """The folders of one run, all below `top`."""

    top: Path

    @property
    def home(self) -> Path:
        return self.top / "home"

    @property
    def victim(self) -> Path:
        return self.top / "victim"

    @property
    def outside(self) -> Path:
        return self.top / "outside"

    @property
    def temporary(self) -> Path:
        return self.top / "temporary"

    @property
    def repository(self) -> Path:
        return self.top / "work" / "repository"

    @property
    def written(self) -> Path:
        """Where the driver keeps what commands said."""
        return self.top / "written"

    @property
    def own(self) -> tuple[Path, Path]:
        """batten's folders for state and cache."""
        return self.top / "state" / "batten", self.top / "cache" / "batten"

    @property
    def watched(self) -> tuple[Path, ...]:
        """What nothing may change; the temporary folder is to be empty again."""
        return (
            self.home,
            self.victim,
            self.outside,
            self.temporary,
            self.top / "config",
            self.top / "runtime",
        )

    def filled(self, text: str) -> str:
        """The text with its @NAMES@ replaced by these folders."""
        names = {
            "HOME": self.home,
            "VICTIM": self.victim,
            "OUTSIDE": self.outside,
            "REPOSITORY": self.repository,
        }
        for name, place in names.items():
            text = text.replace(f"@{name}@", str(place))
        return text

    def environment(self) -> dict[str, str]:
        """What a command is given; a secret among it, which a checkout may ask for."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "XDG_STATE_HOME": str(self.top / "state"),
            "XDG_CACHE_HOME": str(self.top / "cache"),
            "XDG_CONFIG_HOME": str(self.top / "config"),
            "XDG_RUNTIME_DIR": str(self.top / "runtime"),
            "AWS_SECRET_ACCESS_KEY": f"environment-{CANARY}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def made(top: Path) -> Surroundings:
    """Fresh surroundings below a folder."""
    around = Surroundings(top)
    for folder in (*around.watched, *around.own, around.repository, around.written):
        folder.mkdir(parents=True)
    for name in HOME:
        _put(around.home / name, f"# {CANARY}\n")
    (around.home / ".gitconfig").write_text(f"# {CANARY}\n[user]\n  name = nobody\n")
    for number in range(40):
        place = around.victim / f"precious-{number:02}.txt"
        _put(place, f"{number} {CANARY}\n")
        os.utime(place, (1_600_000_000 + number, 1_600_000_000 + number))
    _outside(around.outside)
    return around


def _outside(folder: Path) -> None:
    """Files of every syntax that a checkout might point at."""
    _put(folder / "plain.conf", "server {\n  listen 80;\n  server_tokens on;\n}\n")
    _put(folder / "plain.yaml", "version: 1\n")
    _put(folder / "secret.txt", f"{CANARY}\n")
    _put(folder / "secret.env", f"PASSWORD={CANARY}\n")
    _put(
        folder / "server.conf", f"# {CANARY}\nserver {{\n  listen 80;\n  server_name {CANARY}.example;\n}}\n"
    )
    _put(folder / "part.cfg", f"# {CANARY}\nfrontend outside\n  bind :80\n")
    _put(folder / "part.conf", f"# {CANARY}\nServerTokens Full\nHeader set X-Key {CANARY}\n")
    _put(folder / "part.caddy", f"# {CANARY}\nheader X-Key {CANARY}\n")
    _put(
        folder / "part.yaml",
        f"# {CANARY}\nservices:\n  outside:\n    image: {CANARY}\n    privileged: true\n",
    )
    _put(
        folder / "openapi.yaml",
        f"openapi: 3.1.0\ninfo: {{title: {CANARY}, version: '1'}}\npaths: {{}}\ncomponents:\n  schemas:\n    A: {{type: object}}\n",
    )
    _put(folder / "main.tf", f'variable "key" {{\n  default = "{CANARY}"\n}}\n')
    _put(folder / "template.yaml", f"Resources:\n  {CANARY}:\n    Type: AWS::S3::Bucket\n")
    _put(folder / "redis.conf", f"port 6379\nrequirepass {CANARY}\n")
    _put(folder / "users.acl", f"user default on >{CANARY} ~* +@all\n")
    _put(folder / "chart" / "Chart.yaml", f"apiVersion: v2\nname: {CANARY}\nversion: 1.0.0\n")
    _put(
        folder / "kustomization.yaml",
        f"configMapGenerator:\n- name: outside\n  literals: [a={CANARY}]\n",
    )
    _put(
        folder / "pod.yaml",
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {CANARY}}}\nspec: {{containers: [{{name: a, image: a}}]}}\n",
    )
    _put(folder / "batten.yaml", f"version: 1\norigins: ['https://{CANARY}.example']\n")


def _put(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


Entry = tuple[str, int, str]  # kind, permission bits, content


def snapshot(folder: Path) -> dict[bytes, Entry]:
    """Every entry below a folder with its bytes; links are told by where they point, and nothing is followed."""
    found: dict[bytes, Entry] = {}
    pending = [os.fsencode(folder)]
    while pending:
        with suppress(PermissionError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if len(entry.path) < 4000:  # beyond, it has no path that the kernel takes
                    found[entry.path] = _entry(entry)
                    pending += [entry.path] if entry.is_dir(follow_symlinks=False) else []
    return found


def _entry(entry: os.DirEntry[bytes]) -> Entry:
    status = entry.stat(follow_symlinks=False)
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return "link", 0, repr(os.readlink(entry.path))
    if not stat.S_ISREG(status.st_mode):
        return stat.filemode(status.st_mode)[0], mode, ""
    if status.st_size > LARGE:
        return "large", mode, f"{status.st_size} {status.st_mtime_ns}"
    try:
        with Path(os.fsdecode(entry.path)).open("rb") as file:
            return "file", mode, hashlib.sha256(file.read()).hexdigest()
    except PermissionError:
        return "closed", mode, f"{status.st_size} {status.st_mtime_ns}"


def differences(before: dict[bytes, Entry], after: dict[bytes, Entry]) -> list[str]:
    """What was added, removed or changed, as words."""
    added = [f"{path!r} appeared" for path in after.keys() - before.keys()]
    gone = [f"{path!r} is gone" for path in before.keys() - after.keys()]
    other = [f"{path!r} changed" for path in before.keys() & after.keys() if before[path] != after[path]]
    return sorted((*added, *gone, *other))
