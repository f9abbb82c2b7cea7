"""Tables that a person reviews: who may do what, who may talk to whom, and who may become whom.

They are those of the stack `everything`, on which every option is switched on. After a change that is meant,
write them anew and read the difference:

    python -m tests.infra.tables
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from scripts.evaluation.recorder import ACCOUNT, REGION, Recording

FOLDER = Path(__file__).parent

Table = dict[str, list[str]]


def permissions(recording: Recording) -> Table:
    """What each role may do, as `action on resource`; policies that AWS keeps are named as a whole."""
    table: Table = {}
    for policy in recording.of("iam/rolePolicy:RolePolicy"):
        for statement in policy.json("policy")["Statement"]:
            table.setdefault(policy.inputs["role"], []).extend(_allowed(statement))
    for attached in recording.of("RolePolicyAttachment"):
        table.setdefault(attached.inputs["role"], []).append(f"policy {attached.inputs['policyArn']}")
    return _sorted(table)


def reachability(recording: Recording) -> Table:
    """Who may open connections to whom, by the group that is reached; and who may leave the groups."""
    table: Table = {}
    for rule in recording.of("SecurityGroupIngressRule"):
        other = _other_side(rule.inputs)
        table.setdefault(_group(rule.inputs["securityGroupId"]), []).append(
            f"{_ports(rule.inputs)} from {other}"
        )
    for rule in recording.of("SecurityGroupEgressRule"):
        if "referencedSecurityGroupId" not in rule.inputs:
            leaves = f"{_ports(rule.inputs)} to {_other_side(rule.inputs)}"
            table.setdefault(_group(rule.inputs["securityGroupId"]), []).append(leaves)
    return _sorted(table)


def trust(recording: Recording) -> Table:
    """Who may take on each role, and when."""
    return _sorted(
        {
            role.inputs["name"]: [
                f"{who}{_when(statement)}"
                for statement in role.json("assumeRolePolicy")["Statement"]
                for who in _flat(statement["Principal"].values())
            ]
            for role in recording.of("iam/role:Role")
        }
    )


TABLES: Mapping[str, Callable[[Recording], Table]] = {
    "permissions": permissions,
    "reachability": reachability,
    "trust": trust,
}


def read(name: str) -> Table:
    """The table as it was reviewed."""
    table: Table = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return table


def write(name: str, table: Table) -> None:
    """Keep the table, to be reviewed."""
    (FOLDER / f"{name}.yaml").write_text(yaml.safe_dump(table, width=200))


def _allowed(statement: Mapping[str, Any]) -> list[str]:
    verb = "" if statement["Effect"] == "Allow" else "never "
    return [
        f"{verb}{action} on {_short(resource)}{_when(statement)}"
        for action in _flat([statement["Action"]])
        for resource in _flat([statement["Resource"]])
    ]


def _when(statement: Mapping[str, Any]) -> str:
    conditions = [
        f"{key} {operator} {_short(','.join(_flat([value])))}"
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    ]
    return f" when {' and '.join(conditions)}" if conditions else ""


def _short(arn: str) -> str:
    """An ARN without the account's number."""
    return arn.replace(f":{ACCOUNT}:", "::").replace(f":{REGION}:", ":")


def _flat(values: Iterable[Any]) -> list[str]:
    return [each for value in values for each in (value if isinstance(value, list) else [value])]


def _group(group_id: str) -> str:
    """The recorder's ids are the names."""
    return group_id.removesuffix("-id")


def _other_side(inputs: Mapping[str, Any]) -> str:
    keys = ("referencedSecurityGroupId", "prefixListId", "cidrIpv4", "cidrIpv6")
    return _group(next(inputs[key] for key in keys if key in inputs))


def _ports(inputs: Mapping[str, Any]) -> str:
    if inputs["ipProtocol"] == "-1":
        return "everything"
    first, last = int(inputs["fromPort"]), int(inputs["toPort"])
    return f"{inputs['ipProtocol']} {first}" if first == last else f"{inputs['ipProtocol']} {first}-{last}"


def _sorted(table: Table) -> Table:
    return {key: sorted(set(lines)) for key, lines in sorted(table.items())}
