"""What this project was called before, so that stacks deployed under another name keep their resources.

`blueprint rename` writes the two names here, and `docs/decisions/` says why this is enough.
"""

from collections.abc import Sequence

import pulumi
from pulumi.runtime import register_stack_transformation

NAME = "blueprint"
"""The package of this project's own component types: `<name>:<area>:<Component>`."""

FORMER_NAMES: Sequence[str] = ()
"""What it was before, the oldest name first."""


def keep_resources(name: str = NAME, former_names: Sequence[str] = FORMER_NAMES) -> None:
    """Let every resource that the program registers from now on be found by the URNs that it had before.

    The engine derives aliases of children from their parents' types, but never from a former project: so each
    resource gets its whole former URNs, one with the project of today (what `pulumi stack rename` leaves in a
    state) and one with the former project (a state that was moved otherwise).
    """
    if former_names:
        register_stack_transformation(_Aliases(name, former_names).add)


class _Aliases:
    """Adds former URNs to resources; remembers the types of those around them, which a URN spells out."""

    def __init__(self, name: str, former_names: Sequence[str]) -> None:
        self._name = name
        self._former_names = former_names
        self._types: dict[pulumi.Resource, tuple[str, ...]] = {}

    def add(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        """The resource's arguments, with its former URNs among the aliases."""
        around = self._types.get(args.opts.parent, ()) if args.opts.parent else ()
        types = self._types[args.resource] = (*around, args.type_)
        stack, project = pulumi.get_stack(), pulumi.get_project()
        now = _urn(stack, project, types, args.name)
        former = [
            _urn(stack, of, [self._renamed(type_, former) for type_ in types], args.name)
            for former in self._former_names
            for of in (project, former)
        ]
        aliases = list(dict.fromkeys(urn for urn in former if urn != now))
        opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=aliases))
        return pulumi.ResourceTransformationResult(args.props, opts)

    def _renamed(self, type_: str, former: str) -> str:
        package, _, rest = type_.partition(":")
        return f"{former}:{rest}" if package == self._name else type_


def _urn(stack: str, project: str, types: Sequence[str], name: str) -> str:
    return f"urn:pulumi:{stack}::{project}::{'$'.join(types)}::{name}"
