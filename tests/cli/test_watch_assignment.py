"""`batten watch assignment`: what the settings of which team may name, in the database itself."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from batten.cli import main
from batten.watch.store import teams
from batten.watch.store.database import in_folder
from batten.watch.store.schema import prepare


def batten(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["watch", "assignment", *words, "--data", str(folder)])


def test_something_is_assigned_listed_and_withdrawn(tmp_path: Path) -> None:
    database = in_folder(tmp_path)
    prepare(database)
    with database.begin() as db:
        teams.named(db, "shop")
        teams.named(db, "bank")
    database.close()
    assert batten(tmp_path, "add", "secret", "TARGET_SHOP", "--team", "shop").exit_code == 0
    assert batten(tmp_path, "add", "path", "/srv//shop/", "--team", "bank").exit_code == 0
    assert batten(tmp_path, "add", "network", "10.1.0.0/16", "--everything").exit_code == 0
    listed = batten(tmp_path, "list").output.splitlines()
    assert listed == [
        "network  10.1.0.0/16  channels that report everything",
        "path  /srv/shop  bank",
        "secret  TARGET_SHOP  shop",
    ]
    assert batten(tmp_path, "remove", "secret", "TARGET_SHOP", "--team", "shop").exit_code == 0
    again = batten(tmp_path, "remove", "secret", "TARGET_SHOP", "--team", "shop")
    assert again.exit_code == 2 and "is not assigned to it" in again.output
    assert "TARGET_SHOP" not in batten(tmp_path, "list").output


def test_what_cannot_be_assigned_is_said(tmp_path: Path) -> None:
    prepare(made := in_folder(tmp_path))
    made.close()
    for words, said in (
        (("secret", "PATH", "--everything"), "is not a secret that settings can name"),
        (("path", "srv", "--everything"), "is not an absolute path"),
        (("secret", "TARGET_A"), "name one of --team and --everything"),
        (("secret", "TARGET_A", "--team", "none"), "there is no team none"),
    ):
        answer = batten(tmp_path, "add", *words)
        assert answer.exit_code == 2 and said in answer.output, answer.output


def test_a_network_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    for option in ("--target-network", "--alert-network"):
        words = ["watch", "--data", str(tmp_path), "--listen", "127.0.0.1:1", option, "10.0.0.1/8"]
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code == 2 and f"{option}: 10.0.0.1/8 has host bits set" in answer.output
