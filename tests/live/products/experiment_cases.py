"""Trackers of experiments, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import Case, starting

CASES = (
    Case(
        product="TensorBoard",
        opened=starting(
            "tensorboard",
            "tensorboard",
            *("--logdir", "{folder}", "--host", "127.0.0.1", "--port", "{port}", "--load_fast=false"),
        ),
    ),
)
