"""What security requirements name that the document declares nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract, Place, is_contract
from batten.contract.security import read_schemes
from batten.facts import SecurityDemand
from batten.model import Setting


def demands_of(contract: Contract) -> Iterator[SecurityDemand]:
    """Each list of requirements once: the document's, and those that operations have of their own."""
    told = set[Place]()
    for operation in contract.operations:
        place = operation.security_place
        if place is None or place in told:
            continue
        told.add(place)
        of_document = place.tokens == ("security",) and place.source == contract.path
        demand = _demand(contract, place, "the contract" if of_document else operation.label)
        if demand.undeclared or demand.scopes:
            yield demand


def _demand(contract: Contract, place: Place, what: str) -> SecurityDemand:
    declared = {scheme.name: scheme for scheme in contract.schemes}
    # Schemes of the other contract that the list is in.
    if place.source == contract.path:
        apart: set[str] = set()
    else:
        home = contract.references.sources.files[place.source].data
        if not (isinstance(home, dict) and is_contract(home)):
            apart = set()
        else:
            apart = {s.name for s in read_schemes(home, Place(place.source), contract.references)}
    undeclared, scopes = list[Setting[str]](), list[Setting[str]]()
    alternatives = contract.references.sources.files[place.source].value(place.tokens)
    for index, alternative in enumerate(alternatives if isinstance(alternatives, list) else ()):
        for requirements_name, requirements_scopes in (
            alternative.items() if isinstance(alternative, dict) else ()
        ):
            at, name, wanted = place / str(index) / requirements_name, requirements_name, requirements_scopes
            scheme = declared.get(name)
            # OpenAPI 3.2 lets a URI name a scheme in another document.
            if scheme is None and not any(sign in name for sign in "/#:."):
                undeclared.append(Setting(name, contract.block(at)))
            elif (
                scheme is not None and scheme.kind == "oauth2" and scheme.scopes and isinstance(wanted, list)
            ):
                missing = [s for s in wanted if isinstance(s, str) and s not in scheme.scopes]
                scopes += [Setting(s, contract.value(at / str(wanted.index(s)))) for s in missing]
    known_there = bool(undeclared) and all(s.known("") in apart for s in undeclared)
    return SecurityDemand(
        contract.block(place),
        what=what,
        undeclared=tuple(undeclared),
        apart=contract.path if known_there else "",
        scopes=tuple(scopes),
    )
