"""Resources as policies read them: properties by path, tags with the provider's, and who refers to whom."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

STAGE = "Stage"
"""The tag that says which stage a resource belongs to."""

NAMING_PROPERTIES = ("id", "arn", "name", "bucket", "identifier", "url")
"""What other resources call a resource by."""


class Block:
    """Properties, read by path: `get("viewerCertificate.minimumProtocolVersion")`.

    Reading what a preview does not know yet raises UnknownValueError.
    """

    def __init__(self, props: Mapping[str, Any]) -> None:
        self.props = props

    def get(self, path: str) -> Any:
        """The value at `path`, lists as `list`; None where there is none."""
        value: Any = self.props
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def on(self, path: str) -> bool:
        """Whether the switch at `path` is on; some of them are texts."""
        return self.get(path) in (True, "true")

    def block(self, path: str) -> "Block":
        """The group at `path`; an empty one where there is none."""
        return Block(self.get(path) or {})

    def blocks(self, path: str) -> "list[Block]":
        """The groups in the list at `path`."""
        return [Block(each) for each in self.get(path) or ()]

    def has(self, path: str) -> bool:
        """Whether something is set at `path`, be it known yet or not."""
        try:
            return self.get(path) not in (None, "", [], {})
        except UnknownValueError:
            return True

    def known(self, path: str) -> Any:
        """As `get`, but None also for what is not known yet."""
        try:
            return self.get(path)
        except UnknownValueError:
            return None


class Resource(Block):
    """One resource.

    Attributes:
        type, name, urn: as Pulumi knows it.
        protected: whether Pulumi refuses to delete it.
        references: for each property, the URNs of the resources that its value came from.
    """

    def __init__(self, args: ResourceValidationArgs | PolicyResource, options: Mapping[str, Any]) -> None:
        super().__init__(args.props)
        self.type = args.resource_type
        self.name = args.name
        self.urn = args.urn
        self.protected = args.opts.protect
        self._provider = Block(args.provider.props if args.provider else {})
        self._options = options
        self.references: Mapping[str, frozenset[str]] = {}
        if isinstance(args, PolicyResource):
            self.references = {
                key: frozenset(it.urn for it in found) for key, found in args.property_dependencies.items()
            }

    def option(self, name: str) -> Any:
        """What the pack's user, or else the policy itself, decided for `name`."""
        return self._options[name]

    @property
    def tags(self) -> dict[str, str]:
        """Its own tags and those that its provider gives to everything."""
        defaults = self._provider.get("defaultTags")
        if isinstance(defaults, str):  # Pulumi keeps a provider's structured settings as JSON
            defaults = json.loads(defaults)
        given = (Block(defaults or {}).get("tags"), self.get("tags"), self.get("tagsAll"))
        return {key: value for tags in given if isinstance(tags, Mapping) for key, value in tags.items()}

    @property
    def stage(self) -> str | None:
        """The stage that it belongs to."""
        return self.tags.get(STAGE)

    def refers_to(self, other: "Resource", path: str) -> bool:
        """Whether the value at `path` names `other`: by itself, in a list, or somewhere in a text.

        A preview may not know the value; Pulumi does know which resources it will come from.
        """
        if other.urn in self.references.get(path.partition(".")[0], ()):
            return True
        value = self.known(path)
        if isinstance(value, list):
            return any(each in other.called for each in value)
        return isinstance(value, str) and (value in other.called or _holds(value, other.known("arn")))

    @property
    def called(self) -> frozenset[str]:
        """The texts that name it."""
        values = (self.known(key) for key in NAMING_PROPERTIES)
        return frozenset(value for value in values if isinstance(value, str) and value)


class Stack:
    """All resources of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = list(resources)
        self._by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            self._by_type.setdefault(resource.type, []).append(resource)

    def of(self, *types: str) -> list[Resource]:
        """The resources of `types`."""
        return [resource for type_ in types for resource in self._by_type.get(type_, ())]

    def about(self, subject: Resource, type_: str, path: str) -> list[Resource]:
        """The resources of `type_` whose property at `path` names `subject`."""
        return [each for each in self.of(type_) if each.refers_to(subject, path)]


def _holds(text: str, arn: object) -> bool:
    """Whether `arn` stands in `text`, and not as the beginning of another one."""
    return bool(arn) and re.search(re.escape(str(arn)) + r"(?![\w.-])", text) is not None
