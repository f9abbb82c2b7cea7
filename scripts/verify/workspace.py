"""A folder in which Terraform can work on an export, with a local AWS in place of the real one."""

import json
import secrets
import string
from pathlib import Path
from typing import Any

from scripts.terraform.export import MARK, Export
from scripts.terraform.resources import ARTIFACTS
from scripts.verify.terraform import Terraform, environment

OVERRIDE = "verify_override.tf.json"
"""A file that Terraform reads over the others: state in the folder, and what the local AWS cannot do."""

PASSWORD_LENGTH = 40
RETRIES = 2
"""How often the provider asks again after an error of the server; by itself, for minutes."""


def prepare(export: Export, folder: Path, endpoint: str) -> Terraform:
    """Write an export, and what makes it fit for a machine of one's own; find the provider.

    Args:
        export: a stack.
        folder: where it is written.
        endpoint: the local AWS, such as `http://127.0.0.1:5000`.

    Raises:
        ExportError: the folder cannot be written.
        VerifyError: Terraform finds no provider.
    """
    export.write(folder)
    (folder / ARTIFACTS).mkdir(exist_ok=True)
    for name in export.configuration.artifacts:
        path = folder / ARTIFACTS / name
        if not path.exists():
            path.write_bytes(b"not built")  # nobody runs it
    (folder / OVERRIDE).write_text(json.dumps(_override(export), indent=2), encoding="utf-8")
    terraform = Terraform(folder=folder, environment=environment(folder, endpoint, _passwords(export)))
    terraform.init()
    return terraform


def providers(export: Export) -> list[dict[str, Any]]:
    """The providers of an export: the main one, and those for other regions."""
    found: list[dict[str, Any]] = export.configuration.files["providers"]["provider"]["aws"]
    return found


def _override(export: Export) -> dict[str, Any]:
    own = {"s3_use_path_style": True, "skip_metadata_api_check": "true", "max_retries": RETRIES}
    aliases = [{"alias": it["alias"]} if "alias" in it else {} for it in providers(export)]
    return {
        "//": f"{MARK}.",  # so that the next one takes its place
        "terraform": {"backend": {"local": {}}},
        "provider": {"aws": [{**alias, **own} for alias in aliases]},
    }


def _passwords(export: Export) -> dict[str, str]:
    letters = string.ascii_letters + string.digits
    return {
        name: "".join(secrets.choice(letters) for _ in range(PASSWORD_LENGTH))
        for name in export.configuration.variables
    }
