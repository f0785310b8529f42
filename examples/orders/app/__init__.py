"""A small order API: what batten's main job is shown on."""
