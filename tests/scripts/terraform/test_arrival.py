"""Everything that the program registers arrives in the export, and means what it meant."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pytest

from scripts.terraform.addresses import Addresses
from scripts.terraform.expressions import Expressions, decode, words
from scripts.terraform.placeholders import PASSWORD, Placeholders, Reference
from tests.infra.stacks import SETTINGS, evaluate
from tests.scripts.terraform.conftest import Exported, Exports

COMPUTED = {
    ("aws:ec2/launchTemplate:LaunchTemplate", "description"): "a digest of the configuration's values",
}
"""Inputs that do not show what they were computed from; `depends_on` keeps the order."""

LOCAL = re.compile(r"^\$\{(?:jsonencode|base64encode)\(local\.(\w+)\)\}$")


class Realistic(Placeholders):
    """Answers with other texts than placeholders, as long and with such characters as AWS's own.

    Attributes:
        answers: by reference.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[Reference, str] = {}

    def _stands_for(self, reference: Reference) -> str:
        answer = f"arn:aws:it:eu-west-1:{reference.token}/{reference.attribute}.example.com"
        self.answers[reference] = "123456789012" if reference.attribute == "account_id" else answer
        return self.answers[reference]


def test_what_the_program_makes_of_an_output_does_not_depend_on_what_the_output_is(
    exports: Exports, everything: Exported
) -> None:
    mocks = Realistic()
    real = evaluate(SETTINGS["everything"], exports.dist, stack="everything", mocks=mocks)
    answers = {reference.token: answer for reference, answer in mocks.answers.items()}

    def told(value: Any) -> Any:
        """`value`, with AWS's answers in place of placeholders."""
        if isinstance(value, Mapping):
            return {told(key): told(item) for key, item in value.items()}
        if isinstance(value, list):
            return [told(item) for item in value]
        if not isinstance(value, str):
            return value
        text = decode(value) or value
        for word in words(text):
            text = text.replace(word, answers.get(word, word))
        return base64.b64encode(text.encode()).decode() if decode(value) else text

    different = {
        (resource.type, key)
        for urn, resource in everything.recording.resources.items()
        for key, value in resource.inputs.items()
        if not isinstance(value, pulumi.Asset) and told(value) != real.resources[urn].inputs[key]
    }
    assert different == COMPUTED.keys()
    assert everything.recording.resources.keys() == real.resources.keys()


@pytest.mark.parametrize("stack", ["everything", "local", "single"])
def test_every_input_of_every_resource_arrives(exports: Exports, stack: str) -> None:
    exported = exports.get(stack)
    addresses = Addresses(exported.recording, exported.placeholders.lookups)
    expressions = Expressions(exported.placeholders, addresses.expression)
    locals_ = {k: v for it in exported.configuration.files.values() for k, v in it.get("locals", {}).items()}
    for resource in addresses.resources:
        block = exported.configuration.files[addresses.file(resource)]["resource"]
        written = Counter(_written(block[addresses.type(resource)][addresses.name(resource)], locals_))
        registered = Counter(_registered(resource.inputs, expressions))
        assert not registered - written, f"{resource.urn} lost this"


def _registered(value: Any, expressions: Expressions) -> Iterator[Any]:
    """Each text, number and flag in an input, as Terraform would write it."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _registered(item, expressions)
    elif isinstance(value, list):
        for item in value:
            yield from _registered(item, expressions)
    elif isinstance(value, str):
        document = _document(value)
        if document is None:
            yield expressions.text(decode(value) or value)
        else:
            yield from _registered(document, expressions)
    elif isinstance(value, pulumi.FileAsset):
        yield f"${{path.module}}/artifacts/{value.path.rpartition('/')[2]}"
    elif value is not None:
        yield value


def _written(value: Any, locals_: Mapping[str, Any]) -> Iterator[Any]:
    """Each text, number and flag in what is exported, documents that stand elsewhere included."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _written(item, locals_)
    elif isinstance(value, list):
        for item in value:
            yield from _written(item, locals_)
    elif isinstance(value, str) and (found := LOCAL.match(value)):
        yield from _written(locals_[found.group(1)], locals_)
    elif isinstance(value, str) and (document := _document(value)) is not None:
        yield from _written(document, locals_)
    elif value is not None:
        yield value


def _document(text: str) -> Any:
    """The JSON object or list in a text; None if there is none."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def test_whatever_a_resource_depends_on_is_referred_to_or_waited_for(everything: Exported) -> None:
    addresses = Addresses(everything.recording, everything.placeholders.lookups)
    for resource in addresses.resources:
        block = everything.configuration.files[addresses.file(resource)]
        written = block["resource"][addresses.type(resource)][addresses.name(resource)]
        text = json.dumps([written, block.get("locals", {})])
        missing = {
            address
            for urn in resource.dependencies
            if (address := addresses.of(urn)) and not re.search(rf"\b{re.escape(address)}\b", text)
        }
        assert not missing, f"{resource.urn} does not wait"


def test_options_of_pulumi_become_lifecycle(everything: Exported) -> None:
    seen = Counter[str]()
    addresses = Addresses(everything.recording, everything.placeholders.lookups)
    for resource in addresses.resources:
        block = everything.configuration.files[addresses.file(resource)]["resource"]
        written = block[addresses.type(resource)][addresses.name(resource)]
        lifecycle = written.get("lifecycle", {})
        assert lifecycle.get("prevent_destroy", False) == resource.protect
        assert len(lifecycle.get("ignore_changes", [])) == len(resource.ignores)
        assert written.get("timeouts", {}) == resource.timeouts
        seen.update(key for key in ("lifecycle", "timeouts") if written.get(key))
    assert seen.keys() == {"lifecycle", "timeouts"}


def test_resources_elsewhere_name_their_provider(everything: Exported) -> None:
    [providers] = [
        it["provider"]["aws"] for it in everything.configuration.files.values() if "provider" in it
    ]
    aliases = {it.get("alias") for it in providers}
    used = {
        block.get("provider", "aws.").removeprefix("aws.") or None
        for file in everything.configuration.files.values()
        for blocks in file.get("resource", {}).values()
        for block in blocks.values()
    }
    assert used == aliases
    assert len(aliases) > 1
    assert [it for it in providers if "alias" not in it]


def test_no_secret_stands_in_the_export(everything: Exported) -> None:
    variables = everything.configuration.files["variables"]["variable"]
    assert set(variables) == set(everything.configuration.variables)
    assert len(variables) == len(everything.recording.of(PASSWORD))
    for variable in variables.values():
        assert variable["sensitive"]
        assert "default" not in variable
