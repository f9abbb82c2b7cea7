"""Examples of the components of keys and backups."""

from collections.abc import Mapping

import pulumi

from infra.components import backups, keys
from tests.infra.components.examples.example import Example


def a_vault(name: str = "vault") -> backups.Vault:
    return backups.Vault(name, backups.VaultArgs(protect=False))


EXAMPLES: Mapping[type, Example] = {
    keys.KeyArgs: Example(
        make=lambda args: keys.Key("it", args),
        args=lambda: keys.KeyArgs(region="eu-west-1", account_id="1", rotation_days=90, protect=False),
    ),
    backups.VaultArgs: Example(
        make=lambda args: backups.Vault("it", args),
        args=lambda: backups.VaultArgs(protect=False),
        changes={"kms_key_arn": lambda _: "key", "least_days": lambda _: 7},
    ),
    backups.BackupsArgs: Example(
        make=lambda args: backups.Backups("it", args),
        args=lambda: backups.BackupsArgs(
            resource_arns=[pulumi.Output.from_input("one")], vault=a_vault(), daily_days=7
        ),
        changes={
            "resource_arns": lambda _: ["two"],
            "vault": lambda _: a_vault("other"),
            "copy_to": lambda _: "elsewhere",
            "monthly_days": lambda _: 365,
            "topic_arn": lambda _: "topic",
        },
    ),
}
