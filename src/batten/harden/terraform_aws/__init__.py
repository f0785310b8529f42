"""Terraform for AWS (provider 6): API Gateway with the contract's routes, containers on Fargate, managed stores, and their keys."""

from batten.harden.terraform_aws.rendering import render

__all__ = ["render"]
