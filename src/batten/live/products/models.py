"""Servers of models: whoever opens one computes on its machine, and often runs code there."""

from __future__ import annotations

from batten.live.products.product import Product, Read, both, keys, named, text

PRODUCTS = (
    Product(
        name="Ollama",
        sign=text(r"\AOllama is running\s*\Z"),
        reads=(Read("/api/tags", keys("models")),),
        gains="use, download, copy and delete models, and push them elsewhere",
        close="It has no login: leave `OLLAMA_HOST` at 127.0.0.1, or put a proxy with a login in front.",
        source="https://docs.ollama.com/faq",
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/api/version",
    ),
    Product(
        name="vLLM",
        sign=both(keys("object", "data"), text(r'"owned_by":\s*"vllm"')),
        at=("/v1/models",),
        reads=(Read("/v1/models", both(keys("object", "data.0.id"), text(r'"owned_by":\s*"vllm"'))),),
        gains="use the model at its owner's expense, and fill its queue",
        close="Start it with `--api-key` (`VLLM_API_KEY`), which covers `/v1` but not every path, and bind it with `--host 127.0.0.1` behind a proxy that allows only the paths in use.",
        source="https://docs.vllm.ai/en/stable/usage/security/",
        version=r'"version":\s*"(\d[\w.]+)"',
        tells="/version",
    ),
    Product(
        name="ComfyUI",
        sign=named(r"ComfyUI"),
        reads=(Read("/system_stats", keys("system.python_version", "devices")),),
        gains="run workflows, upload files, and run the code of custom nodes",
        close="It has no login: start it without `--listen`, or put a proxy with a login in front.",
        source="https://github.com/Comfy-Org/ComfyUI/blob/master/SECURITY.md",
        version=r'"comfyui_version":\s*"v?(\d[\w.]+)"',
    ),
)  # fmt: skip
