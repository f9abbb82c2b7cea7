"""What a preview says of a stack, in a form that prints as well for people as for machines."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pulumi
from pulumi.output import Unknown

from scripts.evaluation.recorder import Recording, Registered
from scripts.evaluation.stack import Evaluation
from scripts.preview.cautions import Caution, cautions

HIDDEN = "[secret]"


@dataclass(frozen=True, kw_only=True)
class Component:
    """A component with what it is made of.

    Attributes:
        kind: the component's class: `Database`.
        name: its logical name; the stack itself has none.
        resources: its own resources, in alphabetical order of type and name.
        components: those inside of it, in the order in which the program makes them.
    """

    kind: str
    name: str
    resources: tuple[Registered, ...]
    components: "tuple[Component, ...]"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A preview.

    Attributes:
        project, stack, preset, stage, region: what and where.
        components: the top of the tree.
        loose: resources outside of any component.
        counts: how many resources of each type there are, the most frequent first.
        protected: resources that a `destroy` refuses to delete.
        outputs: by name; None is known only once it exists.
        warnings: what its owner should know before `pulumi up`.
    """

    project: str
    stack: str
    preset: str
    stage: str
    region: str
    components: tuple[Component, ...]
    loose: tuple[Registered, ...]
    counts: Mapping[str, int]
    protected: tuple[Registered, ...]
    outputs: Mapping[str, Any]
    warnings: tuple[Caution, ...]

    @property
    def resources(self) -> int:
        """The number of resources, without components and providers."""
        return sum(self.counts.values())

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        """Sum an evaluation up."""
        settings, recording = evaluation.settings, evaluation.recording
        resources = [it for it in recording.resources.values() if is_resource(it)]
        counts = Counter(sorted(it.type for it in resources))
        top = _inside(recording)
        return cls(
            project=settings.project,
            stack=settings.stack,
            preset=settings.preset,
            stage=settings.stage,
            region=settings.region,
            components=top.components,
            loose=top.resources,
            counts=dict(counts.most_common()),
            protected=tuple(
                sorted((it for it in resources if it.protect), key=lambda it: (it.type, it.name))
            ),
            outputs={name: plain(value) for name, value in recording.outputs.items()},
            warnings=tuple(cautions(evaluation)),
        )


def is_resource(registered: Registered) -> bool:
    """Whether it becomes something in the cloud; components and providers do not."""
    return registered.custom and not registered.type.startswith("pulumi:")


def document(report: Report, recording: Recording) -> dict[str, Any]:
    """The report for machines: every resource with its inputs, secrets hidden, what is not known as None."""
    return {
        "project": report.project,
        "stack": report.stack,
        "preset": report.preset,
        "stage": report.stage,
        "region": report.region,
        "counts": {"total": report.resources, "types": report.counts},
        "protected": [it.urn for it in report.protected],
        "outputs": report.outputs,
        "warnings": [{"kind": it.kind, "message": it.message} for it in report.warnings],
        "resources": [_described(it) for _, it in sorted(recording.resources.items())],
    }


def plain(value: Any) -> Any:
    """A value as JSON can hold it: whole numbers as such, unknown as None, files by their path."""
    if isinstance(value, Unknown):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, pulumi.FileAsset | pulumi.FileArchive):
        return str(value.path)
    return value


def _described(it: Registered) -> dict[str, Any]:
    inputs = {key: HIDDEN if key in it.secrets else plain(value) for key, value in sorted(it.inputs.items())}
    return {
        "urn": it.urn,
        "type": it.type,
        "name": it.name,
        "parent": it.parent,
        "protect": it.protect,
        "retain": it.retain,
        "inputs": inputs,
    }


def _inside(recording: Recording) -> Component:
    """The whole stack as one component."""
    children: dict[str, list[Registered]] = {}
    for it in recording.resources.values():
        children.setdefault(it.parent if it.parent in recording.resources else "", []).append(it)

    def made_of(urn: str, kind: str, name: str) -> Component:
        inside = children.get(urn, [])
        resources = sorted((it for it in inside if is_resource(it)), key=lambda it: (it.type, it.name))
        components = [made_of(it.urn, it.type.rpartition(":")[2], it.name) for it in inside if not it.custom]
        return Component(kind=kind, name=name, resources=tuple(resources), components=tuple(components))

    return made_of("", "", "")
