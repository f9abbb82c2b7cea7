"""The patterns that are written into nginx's configuration match what they are meant to."""

import re

from hypothesis import given
from hypothesis import strategies as st

from scripts.local.runtime.servers.nginx_syntax import block, greater, lesser, literal, quoted, wildcard

NUMBERS = st.integers(min_value=0, max_value=40_000_000)


@given(NUMBERS, NUMBERS)
def test_numbers_are_compared_by_patterns(limit: int, number: int) -> None:
    assert bool(re.fullmatch(greater(limit), str(number))) == (number > limit)
    assert bool(re.fullmatch(lesser(limit), str(number))) == (number < limit)


@given(st.integers(min_value=0, max_value=1200))
def test_numbers_near_the_limit_are_compared_right(limit: int) -> None:
    for number in range(max(limit - 12, 0), limit + 12):
        assert bool(re.fullmatch(greater(limit), str(number))) == (number > limit)
        assert bool(re.fullmatch(lesser(limit), str(number))) == (number < limit)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=20))
def test_a_literal_matches_itself_and_needs_no_quoting(text: str) -> None:
    assert re.fullmatch(literal(text), text)
    assert not set(literal(text)) & set("\"'$;{} ")


def test_a_wildcard_is_any_characters_or_exactly_one() -> None:
    pattern = wildcard("/img/*.pn?")
    assert re.fullmatch(pattern, "/img/a/b.png")
    assert not re.fullmatch(pattern, "/img/a.pn")
    assert not re.fullmatch(pattern, "/img/axpng")


def test_texts_are_quoted_and_blocks_indented() -> None:
    assert quoted('say "$5\\"') == '"say \\"${dollar}5\\\\\\""'
    assert block("a", ["b;", block("c", ["d;"])]) == "a {\n    b;\n    c {\n        d;\n    }\n}"
