"""The `terraform` command: where it finds the provider, and what it says of each resource while it works."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.verify.errors import VerifyError

MIRROR = "BLUEPRINT_TERRAFORM_MIRROR"
"""Environment variable: a folder with providers, as `terraform providers mirror` makes it."""

PARALLEL = 20
"""Resources at once: most of an apply's time is the provider's, spent waiting between two looks."""

Message = Mapping[str, Any]
"""One line of Terraform's `-json` output."""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in a folder with a configuration.

    Attributes:
        folder: the configuration's.
        environment: what it sees of the world.
    """

    folder: Path
    environment: Mapping[str, str]

    def init(self) -> None:
        """Find the provider.

        Raises:
            VerifyError: there is none; says how to get it.
        """
        done = self._run(["init", "-input=false", "-no-color"])
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).rpartition("Error: ")[2].split())
            mirror = self.environment.get(MIRROR)
            place = f"in {mirror}, which {MIRROR} names" if mirror else "on the network"
            raise VerifyError(
                f"Terraform finds no AWS provider {place}. On a machine with a network, leave {MIRROR} "
                f"unset; without one, make one elsewhere by `terraform providers mirror DIR` in an exported "
                f"folder, bring it here, and set {MIRROR}=DIR. Terraform says: {said}"
            )

    def validate(self) -> list[Message]:
        """Errors in the configuration, as diagnostics."""
        found: list[Message] = json.loads(self._run(["validate", "-json"]).stdout)["diagnostics"]
        return [it for it in found if it["severity"] == "error"]

    def plan(self, on_message: Callable[[Message], None], *arguments: str) -> list[Message]:
        """Plan, and return what is to be done with each resource, as `resource_changes` of the plan."""
        changes: list[Message] = self.whole_plan(on_message, *arguments).get("resource_changes", [])
        return changes

    def whole_plan(self, on_message: Callable[[Message], None], *arguments: str) -> Message:
        """Plan, and return all that `terraform show -json` says of it; nothing where there is no plan."""
        saved = "plan.bin"
        self._follow(["plan", f"-out={saved}", *arguments], on_message)
        if not (self.folder / saved).exists():
            return {}
        shown = self._run(["show", "-json", saved])
        (self.folder / saved).unlink()
        plan: Message = json.loads(shown.stdout)
        return plan

    def apply(self, on_message: Callable[[Message], None]) -> None:
        """Make everything."""
        self._follow(["apply", "-auto-approve"], on_message)

    def destroy(self, on_message: Callable[[Message], None]) -> None:
        """Take everything away."""
        self._follow(["destroy", "-auto-approve"], on_message)

    def _follow(self, arguments: Sequence[str], on_message: Callable[[Message], None]) -> None:
        """Run a command and hand over each of its messages as it comes."""
        command = [
            "terraform",
            *arguments,
            "-json",
            "-input=false",
            "-lock=false",
            f"-parallelism={PARALLEL}",
        ]
        with subprocess.Popen(
            command, cwd=self.folder, env=dict(self.environment), stdout=subprocess.PIPE, text=True
        ) as process:
            for message in _messages(process.stdout or ()):
                on_message(message)

    def _run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments],  # noqa: S607 - the user's own, wherever it is
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )


def _messages(lines: Iterator[str] | Sequence[str]) -> Iterator[Message]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue  # what the provider itself prints


def require() -> None:
    """Nothing where there can be a verification.

    Raises:
        VerifyError: Terraform is missing, or the mirror; says how to get it.
    """
    if not shutil.which("terraform"):
        raise VerifyError(
            "Terraform is not installed: put its binary (https://developer.hashicorp.com/terraform/install) "
            "on the PATH."
        )
    mirror = os.environ.get(MIRROR)
    if mirror and not Path(mirror).is_dir():
        raise VerifyError(
            f"{MIRROR} names {mirror}, which is no folder. Name a mirror of providers, or leave it unset."
        )


def environment(folder: Path, endpoint: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What Terraform sees: a local AWS in place of the real one, and the mirror, if there is one.

    Args:
        folder: where its own configuration is written.
        endpoint: such as `http://127.0.0.1:5000`.
        variables: of the stack's configuration.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_VAR_"))}
    if mirror := os.environ.get(MIRROR):
        configuration = folder / "terraform.rc"
        configuration.write_text(
            f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(mirror)}\n  }}\n}}\n",
            encoding="utf-8",
        )
        own["TF_CLI_CONFIG_FILE"] = str(configuration)
    return {
        **own,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "true",
        "TF_IN_AUTOMATION": "true",
        **{f"TF_VAR_{name}": value for name, value in variables.items()},
    }
