"""What a client demands of the version that it changes."""

import pytest
from fastapi import Request

from app.platform.preconditions import Precondition, PreconditionFailedError
from app.platform.problems import InvalidRequestError


def request(**headers: str) -> Request:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": sent})


@pytest.mark.parametrize(
    ("headers", "holds_of", "fails_of"),
    [
        ({}, [None, "1"], []),
        ({"if_none_match": "*"}, [None], ["1"]),
        ({"if_match": '"1"'}, ["1"], [None, "2"]),
        ({"if_match": '"1", "3"'}, ["1", "3"], [None, "2"]),
    ],
)
def test_a_precondition_holds_of_what_it_names(
    headers: dict[str, str], holds_of: list[str | None], fails_of: list[str | None]
) -> None:
    precondition = Precondition.of(request(**headers))

    for version in holds_of:
        precondition.check(version)
    for version in fails_of:
        with pytest.raises(PreconditionFailedError):
            precondition.check(version)


@pytest.mark.parametrize(
    "headers", [{"if_match": "1"}, {"if_match": '"1" 2'}, {"if_match": ""}, {"if_none_match": '"1"'}]
)
def test_what_cannot_be_understood_is_refused_with_the_headers_name(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Precondition.of(request(**headers))

    errors = refused.value.extensions["errors"]
    assert isinstance(errors, list)
    assert errors[0]["parameter"].lower().replace("-", "_") in headers
