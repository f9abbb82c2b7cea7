"""The steps of a verification: validate, plan, apply, a second plan that must be empty, destroy."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.local.aws.inventory import PATH as INVENTORY
from scripts.local.aws.process import running
from scripts.local.engine.clients import Clients
from scripts.terraform.export import Export
from scripts.verify import artefacts
from scripts.verify.comparison import Comparison
from scripts.verify.drift import differences
from scripts.verify.report import Fate, Verdict
from scripts.verify.terraform import Message, Terraform
from scripts.verify.workspace import prepare, providers
from scripts.verify.world import World, describe

BUILT_IN = ("default", "primary", "('AwsDataCatalog', 'default')")
"""Names of what AWS itself makes in every account."""

DONE = {"apply": "applied", "destroy": "destroyed"}
Progress = Callable[[str, str, str], None]
"""Hears of a step, a resource's label, and what became of it."""


@dataclass(kw_only=True)
class Verification:
    """One stack, in a folder, against a local AWS of its own, which `aws` starts."""

    subject: str
    export: Export
    folder: Path
    on_progress: Progress
    aws: Callable[[], AbstractContextManager[str]] = running
    comparison: Comparison | None = None

    def run(self) -> Verdict:
        """Take all steps, even after one that failed: each tells something of its own.

        Raises:
            VerifyError: Terraform finds no provider.
        """
        with self.aws() as endpoint:
            verdict, world = self._steps(prepare(self.export, self.folder, endpoint), endpoint)
        if self.comparison:
            with _timed(verdict, "comparison"), self.aws() as other:
                verdict.differences = self.comparison.differences(world, other)
        return verdict

    def _steps(self, terraform: Terraform, endpoint: str) -> tuple[Verdict, World]:
        """The verdict, and what was there before the destroy, where somebody wants to compare it."""
        origins = self.export.configuration.origins
        verdict = Verdict(
            subject=self.subject,
            fates={address: Fate.of(address, origin) for address, origin in sorted(origins.items())},
            destroys=not any(origin.resource.protect for origin in origins.values()),
        )
        with _timed(verdict, "validate"):
            invalid = terraform.validate()
        for diagnostic in invalid:
            verdict.blame("validate", diagnostic)
        if invalid:
            return verdict, {}
        with _timed(verdict, "plan"):
            terraform.plan(self._hear(verdict, "plan"))
        before = self._inventory(endpoint)
        with _timed(verdict, "apply"):
            terraform.apply(self._hear(verdict, "apply"))
        with _timed(verdict, "second plan"):
            self._read_again(verdict, terraform)
        world = describe(endpoint, self.comparison.regions) if self.comparison else {}
        if verdict.destroys:
            with _timed(verdict, "destroy"):
                terraform.destroy(self._hear(verdict, "destroy"))
            verdict.leftovers = _more(before, self._inventory(endpoint))
        return verdict, world

    def _read_again(self, verdict: Verdict, terraform: Terraform) -> None:
        known = artefacts.load()
        for change in terraform.plan(self._hear(verdict, "second plan")):
            fate = verdict.fates.get(change["address"])
            if fate and fate.applied:
                fate.drift = differences(change, known)

    def _hear(self, verdict: Verdict, step: str) -> Callable[[Message], None]:
        """What listens to Terraform during a step."""

        def hear(message: Message) -> None:
            fate = verdict.fates.get(message.get("hook", {}).get("resource", {}).get("addr", ""))
            match message.get("type"):
                case "apply_complete" if fate:
                    setattr(fate, DONE[step], True)
                    self.on_progress(step, fate.label, f"{message['hook'].get('elapsed_seconds', 0):.0f} s")
                case "diagnostic" if message["diagnostic"]["severity"] == "error":
                    self.on_progress(step, *verdict.blame(step, message["diagnostic"]))

        return hear

    def _inventory(self, endpoint: str) -> dict[str, list[str]]:
        """What exists, once every region of the stack has its default VPC."""
        for provider in providers(self.export):
            Clients(endpoint).client("ec2", provider["region"]).describe_vpcs()
        with urllib.request.urlopen(f"{endpoint}{INVENTORY}") as answer:  # noqa: S310 - our own server
            found: dict[str, list[str]] = json.load(answer)
        return found


@contextmanager
def _timed(verdict: Verdict, step: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    finally:
        verdict.seconds[step] = time.monotonic() - started


def _more(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """What is in `after` only, but for what AWS itself makes in every account."""
    return [
        f"{kind}: {name}"
        for kind, names in after.items()
        for name in names
        if name not in before.get(kind, ()) and name not in BUILT_IN
    ]
