"""Runs in the scanners' environment: parliament on policy documents, JSON in and out.

Reads a list of documents, and prints a list as long: of each, what is found, as pairs of check and message.
"""

import json
import sys
from pathlib import Path
from typing import Any

import parliament


def findings(document: Any) -> list[tuple[str, str]]:
    """What parliament and its community's auditors find in a document, in a stable order."""
    policy = parliament.analyze_policy_string(json.dumps(document), include_community_auditors=True)
    return sorted({_told(parliament.enhance_finding(found)) for found in policy.findings})


def _told(found: Any) -> tuple[str, str]:
    return found.issue, f"{found.title}: {found.detail}" if found.detail else found.title


if __name__ == "__main__":
    auditors = Path(parliament.__file__).parent / "community_auditors"
    parliament.override_config(str(auditors / "config_override.yaml"))
    json.dump([findings(document) for document in json.load(sys.stdin)], sys.stdout)
