"""What a change does to resources that exist is said of every row of the tables."""

from __future__ import annotations

from batten.model import Switch, TurnOn
from batten.technologies.shared.aws.changes import change
from batten.technologies.shared.aws.key import REPLACED
from batten.technologies.shared.aws.rows import ROWS
from batten.technologies.shared.aws.updates import Update, updates


def test_every_row_that_writes_says_what_its_change_does() -> None:
    wanted = {
        (type_, "/".join(filter(None, (within, key))))
        for row in ROWS
        if row.right != ""
        for type_, key, within in zip(row.types, row.keys, row.within, strict=True)
        if type_
    }
    assert sorted(wanted - set(updates())) == [], (
        "say in technologies/shared/aws/updates.txt what a change of this key does"
    )
    assert sorted(set(updates()) - wanted) == [], (
        "no row writes this key: remove its line from technologies/shared/aws/updates.txt"
    )


def test_what_replaces_data_is_never_in_place() -> None:
    for row in ROWS:
        if row.right != "" and row.breaks == REPLACED:
            for type_, key, within in zip(row.types, row.keys, row.within, strict=True):
                if type_:
                    path = "/".join(filter(None, (within, key)))
                    assert updates()[type_, path] is not Update.IN_PLACE, (type_, path)


def test_a_replacement_is_asked_for_and_not_written() -> None:
    made = change("aws_db_instance", "aws_db_instance.a/storage_encrypted", TurnOn(Switch.ENCRYPTION_AT_REST))
    assert made is not None
    assert made.keys == ()
    assert "destroys" in made.question
