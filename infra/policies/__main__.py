"""Serves the pack to Pulumi's engine: `pulumi up --policy-pack infra/policies`.

Constructing a PolicyPack serves it at once and never returns, so nothing imports this module.
"""

from pulumi_policy import PolicyPack

from infra.policies.pack import NAME, POLICIES

PolicyPack(NAME, [*POLICIES])
