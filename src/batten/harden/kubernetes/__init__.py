"""Kubernetes: manifests and a Kustomize base, for clusters of version 1.29 and newer."""

from batten.harden.kubernetes.rendering import render

__all__ = ["render"]
