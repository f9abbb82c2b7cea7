"""What a policy is here: a function that looks at one resource and yields what is wrong with it.

`on_each` makes it a policy that judges a resource by itself, before that is created; `in_stack` one that
looks at the resource amid its whole stack. The function's name is the policy's, its docstring says why the
policy exists, and `remedy` what to do. What a preview does not know yet is not judged: `pulumi up` asks again
once it is known, and of a resource by itself still before that is created.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from infra.policies.resources import Resource, Stack

Findings = Iterator[str]
ResourceJudge = Callable[[Resource], Findings]
StackJudge = Callable[[Resource, Stack], Findings]

ANY_OF_AWS = ("aws:",)
"""Every resource of AWS: a type that ends in a colon stands for all that begin with it."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A value that the pack's users may change, in the file given by `--policy-pack-config`.

    Attributes:
        name: as it stands in that file.
        description: what it decides.
        default: the value unless changed; it also sets the type.
    """

    name: str
    description: str
    default: Sequence[str] | Sequence[int] | int

    def schema(self) -> dict[str, Any]:
        """The option as JSON schema."""
        if isinstance(self.default, int):
            return {"type": "integer", "default": self.default, "description": self.description}
        kind = "integer" if all(isinstance(value, int) for value in self.default) else "string"
        return {
            "type": "array",
            "items": {"type": kind},
            "default": list(self.default),
            "description": self.description,
        }


PRODUCTION_STAGES = Option(
    name="productionStages",
    description="Values of the tag Stage that count as production.",
    default=("prod", "production"),
)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What the two kinds of policies have in common.

    Attributes:
        types: the types of the resources that are judged.
        remedy: what to do about a violation.
        advisory: warn only; otherwise a violation stops the update.
        production: judge only what is tagged with a production stage.
        options: what users of the pack may change.
    """

    types: Sequence[str]
    remedy: str
    advisory: bool
    production: bool
    options: Sequence[Option]

    @property
    def level(self) -> EnforcementLevel:
        return EnforcementLevel.ADVISORY if self.advisory else EnforcementLevel.MANDATORY

    @property
    def all_options(self) -> Sequence[Option]:
        return (*self.options, PRODUCTION_STAGES) if self.production else self.options

    def concerns(self, resource: Resource) -> bool:
        """Whether `resource` is to be judged."""
        if not any(_matches(resource.type, wanted) for wanted in self.types):
            return False
        return not self.production or resource.stage in resource.option(PRODUCTION_STAGES.name)

    def describe(self, judge: Callable[..., Findings]) -> dict[str, Any]:
        """The arguments that both kinds of Pulumi's policies take."""
        options = self.all_options
        schema = PolicyConfigSchema({option.name: option.schema() for option in options})
        return {
            "name": judge.__name__.replace("_", "-"),
            "description": f"{_why(judge)} Remedy: {self.remedy}",
            "enforcement_level": self.level,
            "config_schema": schema if options else None,
            "remediation_steps": self.remedy,
            "tags": [judge.__module__.rpartition(".")[2]],
        }

    def with_defaults(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options as configured, or as they are unless configured."""
        return {option.name: config.get(option.name, option.default) for option in self.all_options}


class ResourcePolicy(ResourceValidationPolicy):
    """A policy that each resource of some types keeps by itself."""

    def __init__(self, judge: ResourceJudge, definition: Definition) -> None:
        super().__init__(**definition.describe(judge))
        self.why = _why(judge)
        self.definition = definition
        self._judge = judge

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        resource = Resource(args, self.definition.with_defaults(args.get_config()))
        try:
            if self.definition.concerns(resource):
                for finding in self._judge(resource):
                    report_violation(finding, resource.urn)
        except UnknownValueError:
            return


class StackPolicy(StackValidationPolicy):
    """A policy that each resource of some types keeps together with others of its stack."""

    def __init__(self, judge: StackJudge, definition: Definition) -> None:
        super().__init__(**definition.describe(judge))
        self.why = _why(judge)
        self.definition = definition
        self._judge = judge

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        options = self.definition.with_defaults(args.get_config())
        stack = Stack(Resource(each, options) for each in args.resources)
        for resource in stack.resources:
            try:
                if self.definition.concerns(resource):
                    for finding in self._judge(resource, stack):
                        report_violation(finding, resource.urn)
            except UnknownValueError:
                continue


def on_each(
    *types: str,
    remedy: str,
    advisory: bool = False,
    production: bool = False,
    options: Sequence[Option] = (),
) -> Callable[[ResourceJudge], ResourcePolicy]:
    """Make a function a policy on each resource of `types`; the rest is as in `Definition`."""
    definition = Definition(
        types=types, remedy=remedy, advisory=advisory, production=production, options=options
    )
    return lambda judge: ResourcePolicy(judge, definition)


def in_stack(
    *types: str,
    remedy: str,
    advisory: bool = False,
    production: bool = False,
    options: Sequence[Option] = (),
) -> Callable[[StackJudge], StackPolicy]:
    """Make a function a policy on each resource of `types` amid its stack; the rest as in `Definition`."""
    definition = Definition(
        types=types, remedy=remedy, advisory=advisory, production=production, options=options
    )
    return lambda judge: StackPolicy(judge, definition)


def _why(judge: Callable[..., Findings]) -> str:
    return " ".join((judge.__doc__ or "").split())


def _matches(type_: str, wanted: str) -> bool:
    return type_.startswith(wanted) if wanted.endswith(":") else type_ == wanted
