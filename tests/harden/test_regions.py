from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.harden import HardenProblem
from batten.harden.regions import emptied, kept, region, regions

RENDERED = "a;\n    # batten: begin own rules api\n    # batten: end own rules api\nb;\n"
OWN = RENDERED.replace("api\n    # batten: end", "api\n    mine;\n    # batten: end")


def test_what_people_wrote_stays_when_a_file_is_rendered_again() -> None:
    again = RENDERED.replace("a;", "c;")
    assert kept("f", again, OWN) == OWN.replace("a;", "c;")
    assert emptied("f", OWN) == RENDERED
    assert kept("f", RENDERED, RENDERED) == RENDERED
    assert regions("f", "\n".join(region("api", "Rules.")))["api"].lines == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.replace("end own", "END own"), "f:4: this mark of a region was changed"),
        (OWN.replace("    # batten: end own rules api\n", ""), "f:2: the region 'api' has no end"),
        (OWN.replace("    # batten: begin own rules api\n", ""), "f:3: the region 'api' has no beginning"),
        (OWN + OWN, "f:7: the region 'api' is there twice"),
        (OWN.replace("mine;", "# batten: begin own rules b"), "f:3: the region 'api' of line 2 has no end"),
        (OWN.replace("end own rules api", "end own rules other"), "has no beginning"),
        (
            OWN.replace("own rules api", "own rules gone"),
            "f:2: the region 'gone' holds rules, and is not rendered",
        ),
    ],
)
def test_a_mark_that_was_changed_is_an_error_with_its_line(text: str, said: str) -> None:
    with pytest.raises(HardenProblem, match=f"^{said}" if said.startswith("f:") else said):
        kept("f", RENDERED, text)


def test_an_empty_region_may_go() -> None:
    assert kept("f", "a;\n", RENDERED) == "a;\n"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="#\n"), max_size=20), max_size=5
    )
)
def test_any_rules_come_back_unchanged(lines: list[str]) -> None:
    own = RENDERED.replace(
        "api\n    # batten: end", "api\n" + "".join(f"{x}\n" for x in lines) + "    # batten: end"
    )
    assert emptied("f", own) == RENDERED
    made = kept("f", RENDERED, own)
    assert made == (own if any(map(str.strip, lines)) else RENDERED)
