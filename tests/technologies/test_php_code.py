"""PHP programs: which files are the program's own, and what a condition decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.formats import Workspace
from batten.technologies.frameworks.php_code.adapter import read, units

NOTHING = "/nonexistent"


def facts(text: str) -> int:
    files = {"index.php": f"<?php\n{text}\n"}
    workspace = Workspace(Path(NOTHING), files)
    return sum(len(list(read(unit, workspace))) for unit in units(["index.php"], workspace))


@pytest.mark.parametrize(
    "text",
    [
        "curl_setopt($h, CURLOPT_SSL_VERIFYPEER, 0);",
        "curl_setopt($h, CURLOPT_SSL_VERIFYHOST, 1);",
        "curl_setopt($h, CURLOPT_SSL_VERIFYPEER, false); curl_setopt($h, CURLOPT_SSL_VERIFYHOST, false);",
        "$options = ['ssl' => ['verify_peer' => false]];",
        "Http::withoutVerifying()->get($url);",
        "header('access-control-allow-origin:*');",
        "ini_set('display_errors', 'On');",
        "ini_set('display_errors', 1);",
        "setcookie('auth', $token);",
    ],
)
def test_each_spelling_is_one_fact(text: str) -> None:
    assert facts(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "curl_setopt($h, CURLOPT_SSL_VERIFYPEER, true);",
        "curl_setopt($h, CURLOPT_SSL_VERIFYHOST, 2);",
        "curl_setopt($h, CURLOPT_SSL_VERIFYPEER, $verify);",
        "if ($insecure) { curl_setopt($h, CURLOPT_SSL_VERIFYPEER, false); }",
        "$rules = ['verify' => 'required'];",
        "if ($public) { header('Access-Control-Allow-Origin: *'); }",
        "if (!$listed) { exit; } header('Access-Control-Allow-Origin: ' . $_SERVER['HTTP_ORIGIN']);",
        "if ($development) { ini_set('display_errors', 1); }",
        "ini_set('display_errors', getenv('SHOW'));",
        "setcookie('theme', 'dark');",
    ],
)
def test_what_others_decide_is_silent(text: str) -> None:
    assert facts(text) == 0


def test_files_of_laravel_are_its_readers() -> None:
    texts = {
        "config/app.php": "<?php return ['key' => env('APP_KEY')];",
        "app/Services/Rates.php": "<?php use Illuminate\\Support\\Facades\\Http;",
        "config/db.php": "<?php return ['verify' => false];",
    }
    workspace = Workspace(Path(NOTHING), texts)
    assert [unit.main for unit in units(sorted(texts), workspace)] == [
        "app/Services/Rates.php",
        "config/db.php",
    ]
