"""Puts resources before policies the way Pulumi's engine does, without the engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi.runtime import MockResourceArgs
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from infra.policies.definition import ResourcePolicy, StackPolicy
from scripts.evaluation.recorder import Answers, Recording, Registered

PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True, kw_only=True)
class Given:
    """A resource that a policy is to judge.

    Attributes:
        outputs: what it has beside `props` once it exists; only policies on stacks see them.
        uses: by property, the URNs of the resources that the value comes from.
        protect: whether Pulumi refuses to delete it.
        provider: the properties of its provider.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any]
    outputs: Mapping[str, Any]
    uses: Mapping[str, Iterable[str]]
    protect: bool
    provider: Mapping[str, Any]

    def unknown(self) -> "Given":
        """As in the preview of a stack that does not exist yet, with nothing known at all."""
        return replace(self, props=dict.fromkeys(self.props, UNKNOWN_STRING_VALUE), outputs={})


def given(
    type_: str,
    urn: str = "subject",
    /,
    *,
    uses: Mapping[str, Iterable[str]] | None = None,
    protect: bool = False,
    stage: str = "prod",
    **props: Any,
) -> Given:
    """A resource of that stage with these properties; it is called by its URN."""
    tags = {"Project": "blueprint", "Stack": stage, "Stage": stage}
    return Given(
        type=type_,
        name=urn,
        urn=urn,
        props=props,
        outputs={"id": f"{urn}-id", "arn": f"arn:aws:any:us-east-1:123456789012:{urn}"},
        uses=uses or {},
        protect=protect,
        provider={"defaultTags": {"tags": tags}},
    )


def findings(policy: ResourcePolicy | StackPolicy, resources: Sequence[Given]) -> list[tuple[str, str]]:
    """What `policy` reports about `resources`: the URN and the message of each violation."""
    found: list[tuple[str, str]] = []

    def report(message: str, urn: str | None) -> None:
        found.append((urn or "", message))

    if isinstance(policy, StackPolicy):
        policy.validate(StackValidationArgs(_stack(resources)), report)
        return found
    for each in resources:
        props = unknown_checking_proxy(dict(each.props))
        options, provider = _options(each), _provider(each)
        args = ResourceValidationArgs(each.type, props, each.urn, each.name, options, provider)
        policy.validate(args, report)
    return found


def registered(recording: Recording, *, created: bool = True) -> list[Given]:
    """Everything that a program registered with AWS, the way it crosses the wire.

    Until it is `created`, nothing is known of a resource but what the program says.
    """
    resources = [it for it in recording.resources.values() if it.custom]
    wires = {it.urn: deserialize_properties(dict(it.wire)) for it in resources}
    return [
        Given(
            type=it.type,
            name=it.name,
            urn=it.urn,
            props=wires[it.urn],
            outputs=_outputs(it) if created else {},
            uses={key: [urn for urn in urns if urn in wires] for key, urns in it.uses.items()},
            protect=it.protect,
            provider=wires.get(it.provider.rpartition("::")[0], {}),
        )
        for it in resources
    ]


def _outputs(resource: Registered) -> Mapping[str, Any]:
    args = MockResourceArgs(typ=resource.type, name=resource.name, inputs=dict(resource.inputs))
    id_, outputs = Answers().new_resource(args)
    return {"id": id_, **{key: value for key, value in outputs.items() if key not in resource.inputs}}


def _stack(resources: Sequence[Given]) -> list[PolicyResource]:
    made = {
        each.urn: PolicyResource(
            each.type,
            unknown_checking_proxy({**each.outputs, **each.props}),
            each.urn,
            each.name,
            _options(each),
            _provider(each),
            None,
            [],
            {},
        )
        for each in resources
    }
    for each in resources:
        for key, urns in each.uses.items():
            made[each.urn].property_dependencies[key] = [made[urn] for urn in urns if urn in made]
    return list(made.values())


def _options(resource: Given) -> PolicyResourceOptions:
    return PolicyResourceOptions(resource.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def _provider(resource: Given) -> PolicyProviderResource:
    props = unknown_checking_proxy(dict(resource.provider))
    return PolicyProviderResource(PROVIDER, props, f"urn:pulumi:prod::blueprint::{PROVIDER}::aws", "aws")
