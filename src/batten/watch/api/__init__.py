"""The service's API: `openapi.yaml` first, then routes by noun; batten's own guard holds requests and answers against it."""
