"""Who gets into a store, and who must not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from batten.engine.hardening.stores.client import Credential
from batten.files.temporary import private_file
from batten.harden import nkeys
from batten.harden.stack import APPLICATION
from batten.harden.store_trial import StoreTrial
from batten.harden.trial_certificate import pair
from batten.model.record import record


@record
class Callers:
    """The application's own credential, and those of strangers by what they have."""

    known: Credential
    strangers: Mapping[str, Credential]


@contextmanager
def callers(kind: str, run: StoreTrial) -> Iterator[Callers]:
    """Those of a store, for as long as the block lasts: certificates are in files."""
    if kind == "etcd":
        with _certified(run) as found:
            yield found
    elif kind == "nats":
        known = Credential(seed=run.secrets["secrets/nats/seed"])
        yield Callers(known, {"another key": Credential(seed=nkeys.seed()), "no key": Credential()})
    else:
        known = Credential(user=APPLICATION, password=run.secrets[f"secrets/{kind}/password"].strip())
        wrong = replace(known, password=secrets.token_urlsafe(32).encode())
        empty = replace(known, password=b"")
        yield Callers(known, {"a wrong password": wrong, "an empty password": empty, "no user": Credential()})


@contextmanager
def _certified(run: StoreTrial) -> Iterator[Callers]:
    own = [run.secrets[f"secrets/etcd-client/tls.{kind}"] for kind in ("crt", "key")]
    with private_file(b"".join(own)) as known, private_file(b"".join(pair((APPLICATION,)))) as other:
        strangers = {"an unknown certificate": Credential(pair=other), "no certificate": Credential()}
        yield Callers(Credential(pair=known), strangers)
