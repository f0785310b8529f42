"""Trackers of experiments and dashboards of studies: what was trained, on what, and with which settings."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, either, headed, keys, titled

PRODUCTS = (
    Product(
        name="TensorBoard",
        sign=titled(r"TensorBoard\s*<"),
        reads=(Read("/data/environment", keys("data_location", "window_title")),),
        gains="see every run, its settings, its graphs and the samples that it logged",
        close="TensorBoard has no login: leave `--bind_all` and `--host` out, and put a proxy with a login in front.",
        source="https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/core/core_plugin.py",
        holds=Holds.INSIGHT,
        mounts=("/tensorboard/",),
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="Optuna Dashboard",
        sign=either(titled(r"Optuna Dashboard"), headed("location", r"\S*/dashboard\Z")),
        reads=(Read("/api/studies", keys("study_summaries")),),
        gains="see, change and delete every study and its trials",
        close="Optuna Dashboard has no login: bind it with `--host 127.0.0.1`, or put a proxy with a login in front.",
        source="https://optuna-dashboard.readthedocs.io/en/latest/getting-started.html",
    ),
    Product(
        name="MLflow",
        sign=titled(r"MLflow\s*<"),
        reads=(Read("/api/2.0/mlflow/experiments/search?max_results=1", keys("experiments.0.experiment_id")),),
        gains="read, change and delete every experiment, model and artifact",
        close="Start it with `--app-name basic-auth`, `MLFLOW_FLASK_SERVER_SECRET_KEY` and a password in `MLFLOW_AUTH_ADMIN_PASSWORD`, or with `--host 127.0.0.1`.",
        source="https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/",
        mounts=("/mlflow/",),
        version=r"\A(?:[^\n]*\n)*(\d+\.[\d.]+)\s*\Z",
        tells="/version",
    ),
    Product(
        name="Aim",
        sign=titled(r"Aim\s*<"),
        reads=(Read("/api/projects/", keys("name", "path", "telemetry_enabled")),),
        gains="see, change and delete every run",
        close="Aim has no login: bind it with `--host 127.0.0.1`, or put a proxy with a login in front.",
        source="https://aimstack.readthedocs.io/en/latest/refs/cli.html",
    ),
)  # fmt: skip
