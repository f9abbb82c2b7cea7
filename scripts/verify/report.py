"""What a verification found, as a table and as JSON."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from scripts.verify.drift import Difference

if TYPE_CHECKING:
    from scripts.terraform.configuration import Origin

STEPS = ("validate", "plan", "apply", "second plan", "destroy", "comparison")


@dataclass(kw_only=True)
class Fate:
    """What became of one resource.

    Attributes:
        address: Terraform's.
        type, name, component: Pulumi's.
        applied, destroyed: whether it was.
        drift: what the second plan would change.
        errors: what the provider says, each with the step at which it says it.
    """

    address: str
    type: str
    name: str
    component: str
    applied: bool = False
    destroyed: bool = False
    drift: list[Difference] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, address: str, origin: "Origin") -> "Fate":
        """The fate of a resource about which nothing is known yet."""
        resource = origin.resource
        return cls(address=address, type=resource.type, name=resource.name, component=origin.component)

    @property
    def clean(self) -> bool:
        """Whether there is nothing to mend, in the program or in the local AWS."""
        return not self.errors and all(it.artefact for it in self.drift)

    @property
    def label(self) -> str:
        """How a person finds it: component, logical name, address."""
        return f"{self.component or 'stack'}: {self.name} ({self.address})"


@dataclass(kw_only=True)
class Verdict:
    """A whole verification.

    Attributes:
        subject: the stack or preset.
        fates: of each resource, by address.
        seconds: by step.
        errors: that belong to no resource.
        leftovers: what is there after the destroy and was not before.
        superfluous: artefacts that explained nothing.
        differences: what the embedded engine makes otherwise, where that was asked for.
        destroys: whether the stack lets itself be destroyed; a protected one is not asked to.
    """

    subject: str
    fates: Mapping[str, Fate]
    destroys: bool
    seconds: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def blame(self, step: str, diagnostic: Mapping[str, Any]) -> tuple[str, str]:
        """Keep what Terraform says with the resources that it is about; return whose, and what it says."""
        words = f"{diagnostic['summary']} {diagnostic.get('detail', '')}".split()
        said = f"{step}: {' '.join(words)}"
        about = [fate for address, fate in self.fates.items() if _mentions(diagnostic, address)]
        for fate in about:
            fate.errors.append(said)
        if not about:
            self.errors.append(said)
        return ", ".join(fate.label for fate in about), said

    @property
    def passed(self) -> bool:
        """Whether the provider took everything, again and away."""
        applied = all(it.applied for it in self.fates.values())
        gone = not self.destroys or all(it.destroyed for it in self.fates.values())
        clean = all(it.clean for it in self.fates.values())
        return applied and gone and clean and not (self.errors or self.leftovers or self.differences)

    def document(self) -> dict[str, Any]:
        """Everything, for programs."""
        fates = self.fates.values()
        return {
            "subject": self.subject,
            "passed": self.passed,
            "seconds": {step: round(seconds, 1) for step, seconds in self.seconds.items()},
            "totals": {
                "resources": len(self.fates),
                "applied": sum(it.applied for it in fates),
                "drifting": sum(any(not d.artefact for d in it.drift) for it in fates),
                "artefacts": sum(any(d.artefact for d in it.drift) for it in fates),
                "destroyed": sum(it.destroyed for it in fates),
            },
            "errors": self.errors,
            "leftovers": self.leftovers,
            "differences": self.differences,
            "resources": [asdict(it) for it in fates],
        }


def render(verdict: Verdict, console: Console) -> None:
    """Print a table by type, what is wrong, and the verdict."""
    console.print(_table(verdict))
    for line in _wrong(verdict):
        console.print(line, markup=False, soft_wrap=True)
    spent = ", ".join(f"{step} {verdict.seconds[step]:.0f} s" for step in STEPS if step in verdict.seconds)
    console.print(f"{verdict.subject}: {'passed' if verdict.passed else 'failed'} ({spent})")


def _table(verdict: Verdict) -> Table:
    table = Table("type", "resources", "applied", "drifting", "artefacts", "destroyed", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for type_, fates in sorted(_by_type(verdict.fates.values()).items()):
        table.add_row(type_, *(str(number) for number in _counts(fates)))
    table.add_row("total", *(str(number) for number in _counts(list(verdict.fates.values()))), style="bold")
    return table


def _by_type(fates: Any) -> dict[str, list[Fate]]:
    grouped: dict[str, list[Fate]] = {}
    for fate in fates:
        grouped.setdefault(fate.address.partition(".")[0], []).append(fate)
    return grouped


def _mentions(diagnostic: Mapping[str, Any], address: str) -> bool:
    """Whether a diagnostic is about a resource: by its address, the place in the file, or in its words.

    Only some have an address; a cycle names all that are in it.
    """
    if "address" in diagnostic:
        return bool(diagnostic["address"] == address)
    context = (diagnostic.get("snippet") or {}).get("context") or ""
    words = f"{context} {diagnostic['summary']} {diagnostic.get('detail', '')}"
    return re.search(rf"(?<![\w.]){re.escape(address)}(?![\w-])", words.replace("resource.", "")) is not None


def _counts(fates: Sequence[Fate]) -> tuple[int, ...]:
    counts = Counter[str]()
    for fate in fates:
        counts["applied"] += fate.applied
        counts["destroyed"] += fate.destroyed
        counts["drifting"] += any(not it.artefact for it in fate.drift)
        counts["artefacts"] += any(it.artefact for it in fate.drift)
    return (len(fates), *(counts[it] for it in ("applied", "drifting", "artefacts", "destroyed")))


def _wrong(verdict: Verdict) -> Iterator[str]:
    yield from verdict.errors
    for fate in verdict.fates.values():
        for error in fate.errors:
            yield f"{fate.label}: {error}"
        for it in fate.drift:
            if not it.artefact:
                what = it.attribute or "the whole"
                yield f"{fate.label}: {what} reads back as {it.read!r}, and should be {it.wanted!r}"
    for leftover in verdict.leftovers:
        yield f"left after the destroy: {leftover}"
    if verdict.differences:
        yield "The embedded engine (-) and the provider (+) make different worlds:"
        yield from verdict.differences
