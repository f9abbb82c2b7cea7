"""Runs in the scanners' environment: cloudsplaining on identity policies, JSON in and out.

Reads a list of documents, and prints a list as long: of each, what is found, as pairs of check and message.
"""

import json
import sys
from typing import Any

from cloudsplaining.scan.policy_document import PolicyDocument

CHECKS = {
    "PrivilegeEscalation": "allows_privilege_escalation",
    "DataExfiltration": "allows_data_exfiltration_actions",
    "CredentialsExposure": "credentials_exposure",
    "ResourceExposure": "permissions_management_without_constraints",
    "InfrastructureModification": "infrastructure_modification",
    "ServiceWildcard": "service_wildcard",
    "NotAction": "contains_statement_using_not_action",
}


def findings(document: Any) -> list[tuple[str, str]]:
    """What cloudsplaining finds in a document: by check, the actions that could be narrower and are not."""
    policy = PolicyDocument(document)
    found = {check: getattr(policy, attribute) for check, attribute in CHECKS.items()}
    return [(check, ", ".join(str(each) for each in which)) for check, which in found.items() if which]


if __name__ == "__main__":
    json.dump([findings(document) for document in json.load(sys.stdin)], sys.stdout)
