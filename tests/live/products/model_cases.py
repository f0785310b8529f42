"""Servers of models: doubles that answer as their vendors' documentation says."""

from __future__ import annotations

from platform_cases import JSON, page
from product_cases import Answers, Case, doubled

OLLAMA: Answers = {
    "GET /": (200, {"Content-Type": "text/plain; charset=utf-8"}, "Ollama is running"),
    "GET /api/tags": (200, JSON, '{"models": [{"name": "llama3:latest", "size": 4661224676}]}'),
    "GET /api/version": (200, JSON, '{"version": "0.12.6"}'),
}
VLLM: Answers = {
    "GET /v1/models": (
        200,
        JSON,
        '{"object": "list", "data": [{"id": "model", "object": "model", "owned_by": "vllm"}]}',
    ),
    "GET /version": (200, JSON, '{"version": "0.11.0"}'),
}
COMFY: Answers = {
    "GET /": page("ComfyUI", '<div id="vue-app"></div>'),
    "GET /system_stats": (
        200,
        JSON,
        '{"system": {"os": "posix", "comfyui_version": "0.3.60", "python_version": "3.12.3"}, "devices": [{"name": "cpu"}]}',
    ),
}
MISSING = (404, JSON, '{"detail": "Not Found"}')

CASES = (
    Case(
        product="Ollama",
        opened=doubled(OLLAMA),
        double=True,
        source="https://github.com/ollama/ollama/blob/main/docs/api.md",
    ),
    Case(
        product="vLLM",
        opened=doubled(VLLM, MISSING),
        locked=doubled({"GET /v1/models": (401, JSON, '{"error": "Unauthorized"}')}, MISSING),
        double=True,
        source="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    ),
    Case(
        product="ComfyUI",
        opened=doubled(COMFY),
        double=True,
        source="https://docs.comfy.org/development/comfyui-server/comms_routes",
    ),
)
