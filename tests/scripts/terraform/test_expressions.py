"""Texts become templates: placeholders become expressions, and what looks like one is escaped."""

import base64
import json

import pytest

from scripts.terraform.expressions import Expressions, Template, identifier, words
from scripts.terraform.placeholders import Placeholders, Reference

ARN = Reference(of="urn", attribute="arn")
LONG = "and so on, " * 20


@pytest.fixture
def expressions() -> Expressions:
    placeholders = Placeholders()
    placeholders.references[ARN.token] = ARN
    return Expressions(placeholders, lambda it: f"aws_thing.it.{it.attribute}")


def test_a_placeholder_becomes_an_expression_wherever_it_stands(expressions: Expressions) -> None:
    value = {"it": [ARN.token, f"{ARN.token}/*"], ARN.token: 1}
    assert expressions.value(value, "it") == {
        "it": ["${aws_thing.it.arn}", "${aws_thing.it.arn}/*"],
        "${aws_thing.it.arn}": 1,
    }


def test_what_terraform_would_take_for_a_template_is_escaped(expressions: Expressions) -> None:
    assert expressions.value("${HOST} %{if} $x 5%", "it") == "$${HOST} %%{if} $x 5%"


def test_a_word_that_only_looks_like_a_placeholder_stays(expressions: Expressions) -> None:
    assert expressions.value("tf0123456789", "it") == "tf0123456789"


def test_whole_numbers_are_written_as_such(expressions: Expressions) -> None:
    assert json.dumps(expressions.value([1.0, 0.5, True, None], "it")) == "[1, 0.5, true, null]"


def test_what_is_a_template_already_is_not_escaped(expressions: Expressions) -> None:
    assert expressions.value(Template("${path.module}/it"), "it") == "${path.module}/it"


def test_a_long_document_is_spelled_out(expressions: Expressions) -> None:
    document = {"Resource": ARN.token, "Condition": {"x": "${aws:username}"}, "why": LONG}
    assert expressions.value(json.dumps(document), "role-policy") == "${jsonencode(local.role_policy)}"
    assert expressions.locals == {
        "role_policy": {
            "Resource": "${aws_thing.it.arn}",
            "Condition": {"x": "$${aws:username}"},
            "why": LONG,
        }
    }


@pytest.mark.parametrize("text", ['{"a": 1}', json.dumps({"why": f"{LONG}<b>"}), f"{{not JSON {LONG}}}"])
def test_a_text_that_terraform_would_write_otherwise_stays_a_text(
    expressions: Expressions, text: str
) -> None:
    assert expressions.value(text, "it") == text
    assert not expressions.locals


def test_a_text_in_base64_is_spelled_out_with_what_it_refers_to(expressions: Expressions) -> None:
    text = f"#cloud-config\nhost: {ARN.token}\nport: ${{PORT}}\n{LONG}"
    encoded = base64.b64encode(text.encode()).decode()
    assert expressions.value(encoded, "user_data") == "${base64encode(local.user_data)}"
    assert expressions.locals["user_data"] == text.replace(ARN.token, "${aws_thing.it.arn}").replace(
        "${PORT}", "$${PORT}"
    )
    assert words(encoded) == {ARN.token}


def test_what_is_shown_of_a_parted_attribute_is_the_whole_again(expressions: Expressions) -> None:
    placeholders = Placeholders()
    placeholders.references[ARN.token] = ARN
    placeholders.wholes["left:cluster/right"] = ARN.token
    shown = Expressions(placeholders, lambda it: it.attribute)
    assert shown.value("x left:cluster/right", "it") == "x ${arn}"
    assert shown.value("left:topic/right", "it") == "left:topic/right"


@pytest.mark.parametrize(
    ("name", "plain"),
    [("order-placed", "order_placed"), ("shop.example.com-A", "shop_example_com_a"), ("1a", "_1a")],
)
def test_names_become_identifiers(name: str, plain: str) -> None:
    assert identifier(name) == plain
