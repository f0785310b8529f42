"""A real OpenID provider, of npm's oauth2-mock-server."""

from __future__ import annotations

import json
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from needs import program, without
from servers import listener

HERE = Path(__file__).parent
PACKAGE = HERE.parent / ".tools/oidc/node_modules/oauth2-mock-server/dist/index.mjs"
WISHES = "wishes.json"


def provider(
    port: int, folder: Path, host: str = "127.0.0.1"
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Listens on 127.0.0.1 under a name, while the block lasts; `wish` in the same folder bends what it says."""
    if not PACKAGE.exists():
        without("oauth2-mock-server", "run tools/install_oidc_provider.sh")
    wish(folder)
    command = [program("node"), HERE / "oidc_provider.mjs", PACKAGE, str(port), folder / WISHES, host]
    return listener(command, port, folder / "provider.log")


def wish(folder: Path, **wishes: object) -> None:
    """How the provider's next tokens differ from those of a log-in of Grace Hopper's."""
    said = wishes.pop("claims", {})
    assert isinstance(said, dict)
    claims = {"preferred_username": "Grace Hopper", "groups": ["platform"], **said}
    (folder / WISHES).write_text(json.dumps({"claims": claims, **wishes}))
