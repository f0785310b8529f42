"""The deployment for AWS, rendered and read by the reader of Terraform: what was asked for; what was weakened is told."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from deployments import CONTRACTS, POLICY, contract, image, named, stack
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.hardening.readback import Compared
from batten.engine.hardening.readback_aws import compared
from batten.engine.review import review
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.policy import Policy
from proofs import PROOF, turn

ON_AWS = ("postgresql", "mariadb", "valkey")
NOT_READ = ("flows between security groups", "days that logs are kept", "TLS versions of the host name")
ALWAYS = {
    "tokens",
    "buckets",
    "no public access",
    "rotation of keys",
    "logs",
    "application",
    "access policies",
}
INTENT = Intent(contract(), POLICY, Options(), stack(*ON_AWS))


def read(intent: Intent, old: str = "", new: str = "", asked: Intent | None = None) -> Compared:
    """What is read of the rendered files, one text of which may be another."""
    texts = dict(targets.render("terraform-aws", intent).files)
    if old:
        changed = {path: re.sub(old, new, text) for path, text in texts.items()}
        assert changed != texts, old
        texts = changed
    with tempfile.TemporaryDirectory() as empty:
        return compared(asked or intent, review(Workspace(Path(empty), texts), Policy()).facts)


@settings(max_examples=30 if PROOF else 2, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(ON_AWS), max_size=3, unique=True),
    name=st.sampled_from(sorted(CONTRACTS)),
    port=st.integers(1_025, 60_000),
    user=st.integers(1_000, 60_000),
)
def test_what_is_read_of_aws_is_what_was_asked(kinds: list[str], name: str, port: int, user: int) -> None:
    made = stack(*kinds, port=port)
    made = replace(made, application=replace(made.application, user=user))
    found = read(Intent(*named(name), Options(), made))
    assert found.differing == () and set(found.equal) >= ALWAYS, found
    assert found.unread[-3:] == NOT_READ and ("routes" in found.equal) == (name == "orders")


def test_stores_are_read_where_there_are_some() -> None:
    found = read(INTENT)
    assert found.unread == NOT_READ
    assert {"stores", "encryption at rest", "encryption in transit", "copies of data", "updates"} <= set(
        found.equal
    )


WEAKER = [
    (r"storage_encrypted +=", "storage_encrypted = false #", "encryption at rest"),
    (r"transit_encryption_enabled +=", "transit_encryption_enabled = false #", "encryption in transit"),
    (r"publicly_accessible +=", "publicly_accessible = true #", "no public access"),
    (r"map_public_ip_on_launch +=", "map_public_ip_on_launch = true #", "no public access"),
    (r"block_public_acls +=", "block_public_acls = false #", "buckets"),
    (r'status += "Enabled"', 'status = "Suspended"', "buckets"),
    (r"aws:SecureTransport", "aws:Other", "buckets"),
    (r"enable_key_rotation +=", "enable_key_rotation = false #", "rotation of keys"),
    (r'= "JWT"', '= "NONE"', "tokens"),
    (r"GET /v1/health", "GET /v1/healthy", "routes"),
    (r"backup_retention_period +=", "backup_retention_period = 0 #", "copies of data"),
    (r"readonlyRootFilesystem +=", "readonlyRootFilesystem = false #", "application"),
]


@pytest.mark.parametrize(("old", "new", "subject"), turn("aws", WEAKER, 4))
def test_what_was_weakened_on_aws_is_told(old: str, new: str, subject: str) -> None:
    told = read(INTENT, old, new).differing
    assert any(line.startswith(f"{subject}: ") for line in told), told


def test_another_application_is_told() -> None:
    other = replace(
        INTENT.stack, application=replace(INTENT.stack.application, image=image("shop/other"), user=7)
    )
    told = read(INTENT, asked=replace(INTENT, stack=other)).differing
    assert [line.partition(": ")[0] for line in told] == ["application", "application"]
