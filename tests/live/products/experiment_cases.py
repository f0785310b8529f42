"""Trackers of experiments, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import Case, after, starting

STUDY = """import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.create_study(storage=JournalStorage(JournalFileBackend("journal.log")), study_name="price")
"""

CASES = (
    Case(
        product="TensorBoard",
        opened=starting(
            "tensorboard",
            "tensorboard",
            *("--logdir", "{folder}", "--host", "127.0.0.1", "--port", "{port}", "--load_fast=false"),
        ),
    ),
    Case(
        product="Optuna Dashboard",
        opened=after(
            ("optuna-dashboard", "python", "-c", STUDY),
            starting(
                "optuna-dashboard",
                "optuna-dashboard",
                "journal.log",
                "--host",
                "127.0.0.1",
                "--port",
                "{port}",
            ),
        ),
    ),
)
