"""Trackers of experiments, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, after, starting

STUDY = """import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.create_study(storage=JournalStorage(JournalFileBackend("journal.log")), study_name="price")
"""


def _mlflow(*options: str) -> Start:
    where = ("server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1", *options)
    key = {"MLFLOW_FLASK_SERVER_SECRET_KEY": PASSWORD, "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD}
    return starting("mlflow", "mlflow", *where, environment=key)


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
    Case(product="MLflow", opened=_mlflow(), locked=_mlflow("--app-name", "basic-auth")),
    Case(
        product="Aim",
        opened=after(
            ("aim", "aim", "init", "--repo", "."),
            starting("aim", "aim", "up", "--host", "127.0.0.1", "--port", "{port}", "--repo", "{folder}"),
        ),
    ),
)
