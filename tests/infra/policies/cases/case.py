"""What a policy is tried on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.infra.policies.judging import Given

Resources = Given | Sequence[Given]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Resources that keep a policy, and such that do not.

    Attributes:
        keeps: each a resource, or a stack of several, that the policy lets pass.
        breaks: by the message that it is to give about the first resource, of which there is only this one.
    """

    keeps: Sequence[Resources]
    breaks: Mapping[str, Resources]


def as_stack(resources: Resources) -> Sequence[Given]:
    return [resources] if isinstance(resources, Given) else resources
