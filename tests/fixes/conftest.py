"""One browser and one set of applications for every edge."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

from backends import applications  # noqa: E402
from chrome import Browser, chromium  # noqa: E402
from live_servers import certificate, write_pem  # noqa: E402
from places import Place, Site  # noqa: E402

from servers import free_port  # noqa: E402


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A folder that servers of other users may read, unlike a test's, with a certificate in it."""
    folder = Path(tempfile.mkdtemp(prefix="batten-fixes-"))
    folder.chmod(0o755)
    _, key = write_pem(folder, certificate(None, "*.test"))
    key.chmod(0o644)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser(ground: Path) -> Iterator[Browser]:
    with chromium(ground, ground / "server.pem") as started:
        yield started


@pytest.fixture(scope="session")
def sites(ground: Path) -> Iterator[tuple[Site, ...]]:
    (ground / "apps").mkdir()
    with applications(ground / "apps") as running:
        yield running


@pytest.fixture
def place(ground: Path, sites: tuple[Site, ...]) -> Iterator[Place]:
    base = ground / f"edge-{free_port()}"
    (base / "deploy").mkdir(parents=True)
    (base / "room").mkdir()
    (base / "room").chmod(0o777)
    yield Place(
        base / "deploy",
        base / "room",
        ground / "server.pem",
        ground / "server.key",
        {host: (free_port(), free_port()) for host in ("", *(s.host for s in sites if s.api))},
        sites,
    )
    shutil.rmtree(base, ignore_errors=True)
