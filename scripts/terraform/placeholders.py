"""Mocks that answer with placeholders: what the program does with an output shows where it is used.

A placeholder is a word of twelve letters and digits that follows from what it stands for; `expressions.py`
finds it again wherever the program put it, and writes the Terraform expression in its place.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from scripts.evaluation.recorder import registering
from scripts.terraform import schema
from scripts.terraform.errors import ExportError
from scripts.terraform.names import PROPERTIES, camel, plural, property_name, type_name
from scripts.terraform.schema import SCALARS, Block

PREFIX = "tf"
LENGTH = 12
"""Of a placeholder; as the account's number has: so names made with it are as long as they will be."""

PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type
PROVIDER = "pulumi:providers:"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An attribute of a resource or of a data source.

    Attributes:
        of: the resource's URN, or the key of a lookup.
        attribute: as Terraform names it.
        form: what is made of it, with `{}` for itself, such as `{}[0]`.
    """

    of: str
    attribute: str
    form: str = "{}"

    @property
    def token(self) -> str:
        """The placeholder."""
        text = f"{self.of} {self.attribute} {self.form}"
        return PREFIX + hashlib.sha256(text.encode()).hexdigest()[: LENGTH - len(PREFIX)]


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A data source: what the program asked, whom, and by which provider."""

    key: str
    type: str
    token: str
    inputs: Mapping[str, Any]
    provider: str


LENGTHS: Mapping[tuple[str, str], int] = {("aws_availability_zones", "names"): 6}
"""Lists of data sources whose elements the program picks, with how many it may hope for."""

PARTED: Mapping[tuple[str, str], str] = {("aws_msk_serverless_cluster", "arn"): ":cluster/"}
"""Attributes in which the program replaces a text: they show it, with a placeholder before and one after."""


class Placeholders(Mocks):
    """Answers with placeholders.

    Attributes:
        references: what each placeholder stands for.
        wholes: by what is shown of a parted attribute, the placeholder of the whole.
        lookups: what the program asked for, by key.
    """

    def __init__(self, known: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """`known` is what is answered as it stands, by function."""
        self.references: dict[str, Reference] = {}
        self.wholes: dict[str, str] = {}
        self.lookups: dict[str, Lookup] = {}
        self._known = known or {}
        self._schema = schema.load()

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a resource's inputs, and placeholders for what only AWS can tell."""
        if not args.custom or args.typ.startswith(PROVIDER):
            return args.name, args.inputs
        urn = registering.get()
        if args.typ == PASSWORD:
            return args.name, {
                **args.inputs,
                "result": self._stands_for(Reference(of=urn, attribute="result")),
            }
        type_ = type_name(args.typ, self._schema.resources)
        if type_ is None:
            raise ExportError(
                f"{args.name} ({args.typ}): no Terraform type is known for it. Add it to TYPES in "
                "scripts/terraform/names.py, or renew scripts/terraform/schema.json."
            )
        block = self._schema.resources[type_]
        outputs = _spelled(type_, self._outputs(urn, type_, block, args.inputs), block)
        return self._stands_for(Reference(of=urn, attribute="id")), {**args.inputs, **outputs}

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # type: ignore[override] # a pair is optional
        """Answer a function's arguments, and placeholders for the rest."""
        if args.token in self._known:
            return {**args.args, **self._known[args.token]}
        type_ = type_name(args.token, self._schema.data_sources)
        if type_ is None:
            raise ExportError(f"{args.token}: no Terraform data source is known for it.")
        key = json.dumps([args.token, args.args, args.provider], sort_keys=True)
        self.lookups[key] = Lookup(
            key=key, type=type_, token=args.token, inputs=args.args, provider=args.provider or ""
        )
        block = self._schema.data_sources[type_]
        given = {property_name(type_, it, block.settable) for it in args.args}
        answers: dict[str, Any] = {}
        for name, kind in block.attributes.items():
            if name not in given and kind == "string":  # Pulumi checks the types of answers
                answers[name] = self._stands_for(Reference(of=key, attribute=name))
            elif length := LENGTHS.get((type_, name)):
                each = (Reference(of=key, attribute=name, form=f"{{}}[{number}]") for number in range(length))
                answers[name] = [self._stands_for(reference) for reference in each]
        return {**args.args, **_spelled(type_, answers, block)}

    def _outputs(self, urn: str, type_: str, block: Block, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Placeholders by Terraform's names; numbers, flags and structures that are given stay."""
        given = {property_name(type_, key, block.settable): value for key, value in inputs.items()}
        outputs: dict[str, Any] = {}
        for name, kind in block.attributes.items():
            if name not in given or kind == "string":
                outputs[name] = self._attribute(urn, type_, name)
        for name, nested in block.blocks.items():
            value = given.get(name)
            if isinstance(value, Mapping) and nested.nesting == "list":
                outputs[name] = {**self._inside(urn, name, nested.block), **value}
        if type_ == "aws_acm_certificate":
            outputs["domain_validation_options"] = self._validations(urn, inputs)
        return outputs

    def _attribute(self, urn: str, type_: str, name: str) -> str:
        whole = self._stands_for(Reference(of=urn, attribute=name))
        if (between := PARTED.get((type_, name))) is None:
            return whole
        parts = (
            self._stands_for(Reference(of=urn, attribute=name, form=f'split("{between}", {{}})[{number}]'))
            for number in (0, 1)
        )
        shown = between.join(parts)
        self.wholes[shown] = whole
        return shown

    def _validations(self, urn: str, inputs: Mapping[str, Any]) -> list[dict[str, str]]:
        """What ACM wants to find in the zone for each name of a certificate: a set, for Terraform."""
        wanted = ("resource_record_name", "resource_record_type", "resource_record_value")
        return [
            {
                "domainName": domain,
                **{
                    camel(key): self._stands_for(
                        Reference(
                            of=urn,
                            attribute="domain_validation_options",
                            form=f'one([for it in {{}} : it.{key} if it.domain_name == "{domain}"])',
                        )
                    )
                    for key in wanted
                },
            }
            for domain in [inputs["domainName"], *inputs.get("subjectAlternativeNames", [])]
        ]

    def _inside(self, urn: str, name: str, block: Block) -> dict[str, str]:
        """Placeholders for what a nested block, given once, is told by AWS."""
        return {
            camel(key): self._stands_for(Reference(of=urn, attribute=name, form=f"{{}}[0].{key}"))
            for key, kind in block.computed.items()
            if kind in SCALARS
        }

    def _stands_for(self, reference: Reference) -> str:
        self.references[reference.token] = reference
        return reference.token


def _spelled(type_: str, outputs: Mapping[str, Any], block: Block) -> dict[str, Any]:
    """Outputs under Pulumi's names: lists are in the plural, where they are not already."""
    spelled = {
        key: outputs[name] for (of, key), name in PROPERTIES.items() if of == type_ and name in outputs
    }
    for name, value in outputs.items():
        spelled[camel(name)] = value
        if block.attributes.get(name) not in SCALARS:
            spelled.setdefault(camel(plural(name)), value)
    return spelled
