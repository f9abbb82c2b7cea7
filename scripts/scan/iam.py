"""parliament and cloudsplaining on every IAM document of the presets."""

import json
from collections.abc import Mapping, Sequence

from scripts.scan.documents import Document
from scripts.scan.environment import IAM_AND_CODE, PROBES
from scripts.scan.findings import Finding, Scan


def lint(documents: Mapping[str, Sequence[Document]]) -> list[Scan]:
    """What parliament says of the documents of each preset: whether AWS will read them as they are meant.

    Raises:
        ScanError: it cannot be run, or a preset has no documents.
    """
    return _probe("parliament", "lint_documents.py", documents)


def assess(documents: Mapping[str, Sequence[Document]]) -> list[Scan]:
    """What cloudsplaining says of the identity policies of each preset: what they allow without need.

    Raises:
        ScanError: it cannot be run, or a preset has no such policies.
    """
    policies = {preset: [it for it in each if it.kind == "identity"] for preset, each in documents.items()}
    return _probe("cloudsplaining", "assess_documents.py", policies)


def _probe(scanner: str, program: str, documents: Mapping[str, Sequence[Document]]) -> list[Scan]:
    """Show a scanner all documents at once: it takes longer to start than to read them."""
    given = json.dumps([it.content for each in documents.values() for it in each])
    answers = iter(json.loads(IAM_AND_CODE.run([str(PROBES / program)], given=given)))
    return [
        Scan.of_each(
            scanner,
            preset,
            "documents",
            [it.where for it in each],
            [
                Finding(check=check, where=it.where, message=message)
                for it in each
                for check, message in next(answers)
            ],
        )
        for preset, each in documents.items()
    ]
