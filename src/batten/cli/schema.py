from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("name", type=click.Choice(["report", "policy", "plan", "proof"]))
def command(name: str) -> None:
    """Print a JSON Schema: of the `report` that --format json writes, of the `policy` in batten.yaml, of the `plan` that
    `batten harden --from DIR --format json` writes, or of the `proof` that `batten harden --prove --report FILE.json` writes.

    Editors complete and check batten.yaml by it.
    """
    click.echo(json.dumps(made(name), indent=2, ensure_ascii=False))


def made(name: str) -> dict[str, object]:
    """The schema of that name; each is imported only when it is asked for."""
    if name == "report":
        from batten.reports.schema import report_schema

        return report_schema()
    if name == "plan":
        from batten.reports.schema import plan_schema

        return plan_schema()
    if name == "proof":
        from batten.reports.schema import proof_schema

        return proof_schema()
    from batten.policy.schema import policy_schema

    return policy_schema()
