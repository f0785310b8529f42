"""The marker `served`: which tests get it, and that a test without it cannot start anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Each starts something, and its code shows it.
STARTING = {
    "a server": "from http.server import BaseHTTPRequestHandler, HTTPServer\n\n\ndef test_it():\n    HTTPServer(('127.0.0.1', 0), BaseHTTPRequestHandler)\n",
    "a program": "import subprocess\n\n\ndef test_it():\n    subprocess.run(['true'])\n",
    "a program of a fixture": "import os\n\nimport pytest\n\n\n@pytest.fixture(scope='session')\ndef started():\n    return os.system('true')\n\n\ndef test_it(started):\n    pass\n",
    "a program of a helper's": "import subprocess\n\nimport pytest\n\n\ndef start(name):\n    return subprocess.Popen([name])\n\n\nSTARTS = {'x': start}\n\n\n@pytest.mark.parametrize('how', [STARTS])\ndef test_it(how):\n    how['x']('true')\n",
    "a process of Python's": "import multiprocessing\n\n\ndef test_it():\n    multiprocessing.Process(target=print).start()\n",
    "a test that says so": "import pytest\n\n\n@pytest.mark.served\ndef test_it():\n    pass\n",
    "a test that needs a program": "import pytest\n\nfrom needs import needs\n\n\n@needs('x', True)\ndef test_it():\n    pass\n",
}
# What only running them shows.
HIDDEN = {
    "caught": "def test_it():\n    try:\n        getattr(__import__('sub' + 'process'), 'ru' + 'n')(['true'])\n    except BaseException:\n        pass\n",
    "in a thread": "import threading\n\n\ndef start():\n    getattr(__import__('o' + 's'), 'sys' + 'tem')('true')\n\n\ndef test_it():\n    thread = threading.Thread(target=start)\n    thread.start()\n    thread.join()\n",
    "a port": "from importlib import import_module\n\n\ndef test_it():\n    made = import_module('soc' + 'ket').socket()\n    with made:\n        getattr(made, 'bi' + 'nd')(('127.0.0.1', 0))\n",
}
HARMLESS = {
    "git": "import subprocess\n\n\ndef test_it():\n    subprocess.run(['git', '--version'], check=True)\n",
    "a client": "import socket\n\n\ndef test_it():\n    socket.socket().close()\n",
}


CONFTEST = """
import pytest
import served

served.TESTS = {folder!r}


def pytest_configure(config):
    config.pluginmanager.register(served)
    config.addinivalue_line("markers", "needs: what needs.py says")
"""


def ran(texts: dict[str, str], folder: Path) -> str:
    """What pytest says of these tests, where those with the marker are left out."""
    for name, text in texts.items():
        (folder / f"test_{name.replace(' ', '_')}.py").write_text(text)
    (folder / "conftest.py").write_text(CONFTEST.format(folder=str(folder) + os.sep))
    tests = str(Path(__file__).parent)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-m", "not served"]
    done = subprocess.run(
        [*command, "--rootdir", folder, folder],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": tests},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_what_starts_something_is_left_out(tmp_path: Path) -> None:
    assert f" {len(STARTING)} deselected" in (said := ran(STARTING, tmp_path)), said


def test_what_starts_something_unseen_fails(tmp_path: Path) -> None:
    said = ran(HIDDEN, tmp_path)
    assert f" {len(HIDDEN)} failed" in said and "mark it with @pytest.mark.served" in said, said


def test_what_starts_nothing_runs(tmp_path: Path) -> None:
    assert f" {len(HARMLESS)} passed" in (said := ran(HARMLESS, tmp_path)), said
