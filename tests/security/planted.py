"""A workspace in which everything that a shell, Python, pip or git could find by its name leaves a mark when it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

OPEN = 'services:\n  cache:\n    image: redis:8.2.1\n    ports: ["6379:6379"]\n'
MODULES = (
    *sys.stdlib_module_names,
    *("batten", "click", "hatch_build", "hatchling", "msgspec", "packaging", "pathspec", "pip", "pinned", "pluggy"),
    *("rich", "sbom", "setuptools", "sitecustomize", "trove_classifiers", "usercustomize", "wheel", "yaml", "evil"),
)  # fmt: skip
PACKAGES = ("batten", "ensurepip", "hatchling", "pip", "setuptools", "venv", "site", "sysconfig", "encodings")
PROGRAMS = (
    *("awk", "bash", "batten", "bwrap", "cat", "command", "env", "git", "grep", "helm", "keyring", "ld", "mkdir", "nginx"),
    *("pip", "pip3", "printf", "pyenv", "python", "python3", "rm", "sed", "sh", "strace", "tar", "uname", "uv"),
)  # fmt: skip
FOLDERS = ("", "bin", "node_modules/.bin", ".venv/bin", ".local/bin")  # where programs are planted
_PTH = "import pathlib; pathlib.Path({mark!r}).touch()\n"
_PIP = "[global]\npython = {root}/bin/python3\ntarget = {root}/target\nlog = {root}/pip.log\ncache-dir = {root}/cache\n"


def plant(root: Path, marks: Path) -> None:
    """Fill a workspace. What runs makes a file in `marks` that is called like it."""
    marks.mkdir(exist_ok=True)
    for name in MODULES:
        (root / f"{name}.py").write_text(_module(marks, name))
    for name in PACKAGES:
        (root / name).mkdir()
        for part in ("__init__", "__main__"):
            (root / name / f"{part}.py").write_text(_module(marks, f"{name}.{part}"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for site in (
        f".local/lib/{version}/site-packages",
        f".venv/lib/{version}/site-packages",
        f"lib/{version}",
    ):
        folder = root / site
        folder.mkdir(parents=True)
        for name in ("sitecustomize", "usercustomize", "encodings", "os"):
            (folder / f"{name}.py").write_text(_module(marks, f"{site}.{name}".replace("/", "-")))
        (folder / "evil.pth").write_text(_PTH.format(mark=str(marks / f"{site}-pth".replace("/", "-"))))
    (root / "evil.pth").write_text(_PTH.format(mark=str(marks / "pth")))
    for folder in (root / f for f in FOLDERS):
        folder.mkdir(parents=True, exist_ok=True)
        for name in PROGRAMS:
            program = folder / name
            if not program.is_dir():
                _program(program, marks)
    _program(root / "shell.sh", marks)
    _settings(root, marks)
    (root / "compose.yaml").write_text(OPEN)


def _module(marks: Path, name: str) -> str:
    return f"open({str(marks / f'import-{name}')!r}, 'w').close()\n"


def _program(place: Path, marks: Path) -> None:
    mark = marks / f"program-{place.parent.name}-{place.name}"
    place.write_text(f"#!/bin/sh\n: >'{mark}'\nexit 0\n")
    place.chmod(0o755)


def _settings(root: Path, marks: Path) -> None:
    """What programs read in the folder that they are started in, or in a home."""
    pip = _PIP.format(root=root)
    line = f": >'{marks}/sourced-{{}}'\n"
    files = {
        "pip.conf": pip,
        ".pip/pip.conf": pip,
        ".config/pip/pip.conf": pip,
        "pip/pip.conf": pip,
        "uv.toml": 'index-url = "http://127.0.0.1:1/"\n',
        ".config/uv/uv.toml": 'index-url = "http://127.0.0.1:1/"\n',
        ".python-version": "evil\n",
        ".tool-versions": "python evil\n",
        "mise.toml": "[tools]\npython = 'evil'\n",
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'evil'\nbackend-path = ['.']\n",
        "setup.cfg": f"[easy_install]\ninstall-dir = {root}/target\n[install]\nprefix = {root}/target\n",
        "setup.py": _module(marks, "setup.py"),
        "pyvenv.cfg": f"home = {root}/bin\ninclude-system-site-packages = true\n",
        "openssl.cnf": "openssl_conf = a\n[a]\nproviders = b\n[b]\nevil = c\n[c]\nmodule = ./evil.so\nactivate = 1\n",
        "constraints.txt": "click==0.1\n",
        ".env": "PYTHONPATH=.\n",
        ".envrc": line.format("envrc"),
        ".bashrc": line.format("bashrc"),
        ".bash_profile": line.format("bash_profile"),
        ".profile": line.format("profile"),
        ".gitconfig": f"[core]\nfsmonitor = {root}/bin/git\nhooksPath = {root}/bin\n",
        ".gitattributes": "* filter=evil diff=evil\n",
        "-c": _module(marks, "-c"),
        "--output=pwned": "a: 1\n",
        "::set-output name=exit-code::0.yaml": OPEN,
        "\u00a0::stop-commands::x.yaml": OPEN,
        "a\n::set-output name=exit-code::0\n::add-mask::a\nb.yaml": OPEN,
        "a\r::add-mask::b.yaml": OPEN,
        "<img src=x onerror=alert(1)>.yaml": OPEN,
        "![a](https:%2f%2fevil.example)\n\n# @all.yaml": OPEN,
        "a##[add-mask]compose.yaml": OPEN,
        "##vso[task.setvariable variable=a]b.yaml": OPEN,
    }
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def environment(root: Path) -> dict[str, str]:
    """Variables of a job that lead into its workspace, as workflows set them, all at once."""
    return {name: value for variables in surroundings(root).values() for name, value in variables.items()}


def surroundings(root: Path) -> dict[str, dict[str, str]]:
    """The same, each alone, by what it is."""
    path = os.environ["PATH"]
    function = f"() {{ : >{root}/function; }}"
    return {
        "nothing": {},
        "PYTHONPATH is the workspace": {"PYTHONPATH": str(root)},
        "PYTHONPATH is relative": {"PYTHONPATH": "."},
        "PYTHONPATH has an empty entry": {"PYTHONPATH": ":"},
        "PYTHONHOME": {"PYTHONHOME": str(root)},
        "PYTHONUSERBASE": {"PYTHONUSERBASE": f"{root}/.local"},
        "PYTHONSTARTUP": {"PYTHONSTARTUP": f"{root}/evil.py", "PYTHONINSPECT": "1"},
        "PYTHONWARNINGS imports a category": {"PYTHONWARNINGS": "error::evil.Category"},
        "PYTHONPYCACHEPREFIX": {"PYTHONPYCACHEPREFIX": f"{root}/pycache"},
        "PYTHONBREAKPOINT and others": {"PYTHONBREAKPOINT": "evil.run", "PYTHONEXECUTABLE": f"{root}/bin/python3"},
        "pip's file": {"PIP_CONFIG_FILE": f"{root}/pip.conf"},
        "pip's interpreter": {"PIP_PYTHON": f"{root}/bin/python3"},
        "pip's folders": {
            "PIP_TARGET": f"{root}/target",
            "PIP_PREFIX": f"{root}/prefix",
            "PIP_CACHE_DIR": f"{root}/cache",
            "PIP_LOG": f"{root}/pip.log",
        },
        "pip's constraints": {"PIP_CONSTRAINT": "constraints.txt", "PIP_FIND_LINKS": ".", "PIP_REQUIRE_VIRTUALENV": "1"},
        "uv's": {"UV_CONFIG_FILE": f"{root}/uv.toml", "UV_PYTHON": f"{root}/bin/python3", "UV_INDEX_URL": "http://127.0.0.1:1/"},
        "HOME is the workspace": {"HOME": str(root)},
        "HOME is below it": {"HOME": f"{root}/.config"},
        "XDG folders": {n: str(root) for n in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")},
        "PATH begins with a dot": {"PATH": f".:{path}"},
        "PATH begins empty": {"PATH": f":{path}"},
        "PATH is relative": {"PATH": f"bin:node_modules/.bin:.venv/bin:{path}"},
        "PATH has the workspace's programs": {"PATH": f"{root}/bin:{root}/node_modules/.bin:{root}/.venv/bin:{path}"},
        "PATH goes around": {"PATH": f"{root.parent}/../{root.parent.name}/{root.name}/bin:{path}"},
        "BASH_ENV": {"BASH_ENV": f"{root}/shell.sh", "ENV": f"{root}/shell.sh"},
        "functions of the shell": {f"BASH_FUNC_{n}%%": function for n in ("cd", "sed", "command", "outside", "echo")},
        "settings of the shell": {"CDPATH": ".", "GLOBIGNORE": "*", "IFS": "/", "SHELLOPTS": "noexec"},
        "TMPDIR": {"TMPDIR": f"{root}/bin", "TEMP": f"{root}/bin", "TMP": f"{root}/bin"},
        "git's": {
            "GIT_DIR": f"{root}/bin",
            "GIT_CONFIG_GLOBAL": f"{root}/.gitconfig",
            "GIT_EXTERNAL_DIFF": f"{root}/bin/git",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.fsmonitor",
            "GIT_CONFIG_VALUE_0": f"{root}/bin/git",
            "GIT_EXEC_PATH": f"{root}/bin",
        },
        "version managers": {"PYENV_DIR": str(root), "PYENV_VERSION": "evil", "ASDF_DIR": str(root), "MISE_CONFIG_FILE": "mise.toml"},
        "VIRTUAL_ENV": {"VIRTUAL_ENV": f"{root}/.venv", "__PYVENV_LAUNCHER__": f"{root}/bin/python3"},
        "libraries": {"LD_LIBRARY_PATH": f"{root}/lib:/usr/lib"},
        "tokens of the job": {"GITHUB_TOKEN": "evil", "ACTIONS_RUNTIME_TOKEN": "evil", "BATTEN_WATCH_TOKEN": "evil"},
        "OpenSSL's": {"OPENSSL_CONF": f"{root}/openssl.cnf", "OPENSSL_MODULES": str(root), "SSL_CERT_FILE": f"{root}/constraints.txt"},
    }  # fmt: skip
