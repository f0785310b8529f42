"""The ways in which settings of Flask are written: each is what Flask takes it for, and is read.

Sources: https://flask.palletsprojects.com/en/stable/config/, https://flask.palletsprojects.com/en/stable/api/#flask.Config.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from needs import package

flask = package("flask")

# A setting, a value that is found fault with, and what is said of it.
SETTINGS = {
    "DEBUG": ("True", "debug-off"),
    "SESSION_COOKIE_HTTPONLY": ("False", "lacks HttpOnly"),
    "SECRET_KEY": ('"changeme"', "secret-not-guessable"),
}
HEAD = """from flask import Flask, session
"""
TAIL = """

@app.post("/login")
def login():
    session["user"] = 1
    return ""
"""
MADE = 'app = Flask(__name__)\napp.config["SESSION_COOKIE_SECURE"] = True\napp.config["SESSION_COOKIE_SAMESITE"] = "Lax"\n'
# How it is written: the module that makes the application, and the files beside it.
SPELLINGS: dict[str, tuple[str, dict[str, str]]] = {
    "index": (MADE + 'app.config["KEY"] = VALUE\n', {}),
    "index of a name": (MADE + "SETTING = VALUE\napp.config['KEY'] = SETTING\n", {}),
    "update by keyword": (MADE + "app.config.update(KEY=VALUE, JSON_SORT_KEYS=False)\n", {}),
    "update by dictionary": (MADE + 'app.config.update({"KEY": VALUE})\n', {}),
    "update by dict()": (MADE + "app.config.update(dict(KEY=VALUE))\n", {}),
    "update by a name": (MADE + 'SETTINGS = {"KEY": VALUE}\napp.config.update(SETTINGS)\n', {}),
    "update by a spread name": (MADE + 'SETTINGS = {"KEY": VALUE}\napp.config.update(**SETTINGS)\n', {}),
    "update by an imported name": (
        MADE.replace("app =", "from own_settings import SETTINGS\n\napp =", 1)
        + "app.config.update(SETTINGS)\n",
        {"own_settings.py": 'SETTINGS = {"KEY": VALUE}\n'},
    ),
    "update in place": (MADE + 'app.config |= {"KEY": VALUE}\n', {}),
    "from_mapping by keyword": (MADE + "app.config.from_mapping(KEY=VALUE)\n", {}),
    "from_mapping by dictionary": (MADE + 'app.config.from_mapping({"KEY": VALUE})\n', {}),
    "from_object, a class": (
        "class Config:\n    KEY = VALUE\n\n\n" + MADE + "app.config.from_object(Config)\n",
        {},
    ),
    "from_object, an instance": (
        "class Config:\n    KEY = VALUE\n\n\n" + MADE + "app.config.from_object(Config())\n",
        {},
    ),
    "from_object, a class that inherits": (
        "class Base:\n    KEY = VALUE\n\n\nclass Config(Base):\n    JSON_SORT_KEYS = False\n\n\n"
        + MADE
        + "app.config.from_object(Config)\n",
        {},
    ),
    "from_object, the module itself": ("KEY = VALUE\n" + MADE + "app.config.from_object(__name__)\n", {}),
    "from_object, a module by name": (
        MADE + 'app.config.from_object("own_settings")\n',
        {"own_settings.py": "KEY = VALUE\n"},
    ),
    "from_object, a class by name": (
        MADE + 'app.config.from_object("own_settings.Production")\n',
        {"own_settings.py": "class Production:\n    KEY = VALUE\n"},
    ),
    "from_object, an imported class": (
        "from own_settings import Production\n" + MADE + "app.config.from_object(Production)\n",
        {"own_settings.py": "class Production:\n    KEY = VALUE\n"},
    ),
    "from_object, a class of an imported module": (
        "import own_settings\n" + MADE + "app.config.from_object(own_settings.Production)\n",
        {"own_settings.py": "class Production:\n    KEY = VALUE\n"},
    ),
    "from_pyfile": (MADE + 'app.config.from_pyfile("own.cfg")\n', {"own.cfg": "KEY = VALUE\n"}),
    "factory": (
        "def create_app():\n"
        + "".join(f"    {line}\n" for line in MADE.splitlines())
        + '    app.config["KEY"] = VALUE\n    return app\n\n\napp = create_app()\n',
        {},
    ),
    "function that configures": (
        MADE + '\n\ndef configure(app):\n    app.config["KEY"] = VALUE\n\n\nconfigure(app)\n',
        {},
    ),
    "subclass": (
        "class Api(Flask):\n    pass\n\n\n"
        + MADE.replace("= Flask(", "= Api(")
        + 'app.config["KEY"] = VALUE\n',
        {},
    ),
    "subclass that configures itself": (
        "class Api(Flask):\n    def __init__(self, name):\n        super().__init__(name)\n"
        + '        self.config["KEY"] = VALUE\n\n\n'
        + MADE.replace("= Flask(", "= Api("),
        {},
    ),
    "a default of the environment": (
        "import os\n" + MADE + 'app.config["KEY"] = os.environ.get("BATTEN_SPELLING_UNSET", VALUE)\n',
        {},
    ),
    "a name for the configuration": (MADE + 'config = app.config\nconfig["KEY"] = VALUE\n', {}),
    "from_file, JSON": (
        "import json\n" + MADE + 'app.config.from_file("own.json", load=json.load)\n',
        {"own.json": '{"KEY": JSON}\n'},
    ),
}
# What is not read, and why.
UNREAD = {
    ("from_file, JSON", "DEBUG"): "a format that the program loads itself may be any",
    ("from_file, JSON", "SESSION_COOKIE_HTTPONLY"): "a format that the program loads itself may be any",
    ("from_file, JSON", "SECRET_KEY"): "a file of settings without a name of its own",
    ("from_pyfile", "SECRET_KEY"): "a file of settings without a name of its own",
}


def written(spelling: str, key: str, value: str) -> dict[str, str]:
    module, beside = SPELLINGS[spelling]
    json = {"True": "true", "False": "false"}.get(value, value)
    return {
        name: text.replace("KEY", key).replace("VALUE", value).replace("JSON}", json + "}")
        for name, text in {"app.py": HEAD + module + TAIL, **beside}.items()
    }


@pytest.mark.parametrize("key", SETTINGS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_is_what_flask_takes_it_for_and_is_read(
    spelling: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, said = SETTINGS[key]
    files = written(spelling, key, value)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    try:
        ran = runpy.run_path(str(tmp_path / "app.py"), run_name="own_app")
    finally:
        sys.modules.pop("own_settings", None)
    assert repr(ran["app"].config[key]) == repr(eval(value))
    found = review(Workspace("/nonexistent", files), Policy()).findings
    read = any(said in f"{f.control} {f.message}" for f in found)
    assert read is ((spelling, key) not in UNREAD), [f.message for f in found]


def test_nearly_all_spellings_are_read() -> None:
    assert len(UNREAD) / (len(SPELLINGS) * len(SETTINGS)) < 0.05
