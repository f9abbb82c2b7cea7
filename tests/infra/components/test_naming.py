"""Names: within every limit, and still apart."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from infra.components import naming
from scripts.evaluation.recorder import record

WORDS = st.from_regex(r"[a-z][a-z0-9]{0,15}(-[a-z0-9]{1,15}){0,5}", fullmatch=True)


@given(WORDS, st.integers(min_value=16, max_value=64))
def test_a_name_never_exceeds_its_limit(name: str, limit: int) -> None:
    fitted = naming.fit(name, limit)
    assert len(fitted) <= limit
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fitted), "a hyphen ends it, or two stand side by side"


@given(WORDS, st.integers(min_value=16, max_value=64))
def test_a_name_within_its_limit_stays_as_it_is(name: str, limit: int) -> None:
    assert naming.fit(name, max(limit, len(name))) == name


def test_long_names_that_begin_alike_stay_apart() -> None:
    first, second = (naming.fit(f"{'a' * 70}-{end}", 64) for end in ("orders", "payments"))
    assert first != second
    assert first[:56] == second[:56]


def test_a_physical_name_begins_with_project_and_stack() -> None:
    names: list[str] = []
    record(lambda: names.append(naming.physical("orders", 80)), project="shop", stack="dev")
    assert names == ["shop-dev-orders"]


def test_a_name_for_pulumi_leaves_room_for_its_suffix() -> None:
    assert len(naming.auto("s" * 40, 32)) == 24


def test_names_begin_with_what_the_project_was_called_when_the_stack_was_first_deployed() -> None:
    names: list[str] = []

    def program() -> None:
        naming.begin_with("bazaar")
        names.extend([naming.physical("orders", 80), naming.prefix()])

    record(program, project="shop", stack="dev")
    assert names == ["bazaar-dev-orders", "bazaar-dev"]


def test_no_component_asks_for_the_project_behind_the_back_of_naming() -> None:
    """It would change names when a fork is renamed, and replace what is deployed."""
    components = Path(naming.__file__).parent
    asking = {path.name for path in components.rglob("*.py") if "get_project()" in path.read_text()}
    assert asking == {"naming.py"}
