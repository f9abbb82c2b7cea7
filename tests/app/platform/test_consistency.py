"""What a client says of how much it wants to see."""

import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

from app.platform.consistency import Consistency, Token, asked, for_database, tell
from app.platform.problems import InvalidRequestError

POSITIONS = st.dictionaries(st.integers(1, 9_999), st.integers(0, 2**64 - 1), min_size=1, max_size=64)


def request(**headers: str) -> Request:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": sent})


@given(POSITIONS)
def test_a_token_comes_back_as_it_was_given(positions: dict[int, int]) -> None:
    assert Token.parse(str(Token(positions))) == Token(positions)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0-5",
        "1-",
        "1-g",
        "1-5.",
        "1-5 ",
        "-1-5",
        "1-\u0665",
        "1-" + "f" * 17,
        ".".join(["1-5"] * 65),
    ],
)
def test_what_is_no_token_is_refused_with_the_headers_name(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Token.parse(text)

    assert refused.value.extensions["errors"] == [
        {
            "parameter": "Consistency-Token",
            "detail": "It is not a token: pass on what a write answered as it is",
        }
    ]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "eventual"),
        ({"consistency": "strong"}, "strong"),
        ({"consistency": "eventual"}, "eventual"),
        ({"consistency_token": "1-ff"}, Token({1: 255})),
        ({"consistency": "eventual", "consistency_token": "1-ff"}, Token({1: 255})),
        ({"consistency": "strong", "consistency_token": "1-ff"}, "strong"),
    ],
)
def test_a_request_gets_the_most_that_it_asks_for(headers: dict[str, str], expected: Consistency) -> None:
    assert asked(request(**headers), "eventual") == expected


def test_a_route_has_its_own_default() -> None:
    assert asked(request(), "strong") == "strong"
    assert asked(request(consistency="eventual"), "strong") == "eventual"


def test_another_word_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="strong or eventual"):
        asked(request(consistency="weak"), "eventual")


def test_a_database_is_asked_for_what_the_token_says_of_it() -> None:
    token = Token({1: 100, 3: 300})

    assert [for_database(token, number) for number in (1, 2, 3)] == [100, "eventual", 300]
    assert for_database("strong", 2) == "strong"


def test_a_token_stands_in_the_answer_if_there_is_one() -> None:
    response = Response()
    tell(response, None)
    assert "consistency-token" not in response.headers
    tell(response, Token({2: 10, 1: 255}))
    assert response.headers["consistency-token"] == "1-ff.2-a"
