"""Writes the reference of the policies: `python -m infra.policies.reference > docs/reference/policies.md`."""

import json
import sys
from collections.abc import Iterator

from infra.policies.definition import Option, ResourcePolicy, StackPolicy
from infra.policies.pack import AREAS, POLICIES

Policy = ResourcePolicy | StackPolicy

HEAD = """\
# Policies

What no stack may do, whoever wrote it. The pack in `infra/policies` is run by Pulumi's own engine:

```sh
pulumi preview --policy-pack infra/policies
pulumi up --policy-pack infra/policies
```

Policies on a resource judge it before it is created, policies on a stack once everything is in place. A
*mandatory* policy stops the update; an *advisory* one only warns. Policies *in production* judge what is
tagged with a production stage, and leave every other stage alone. A preview judges what is known by then; the
update judges the rest.

Options, and how strict a policy is, are set by a JSON file, here `policies.json`:

```sh
pulumi up --policy-pack infra/policies --policy-pack-config policies.json
```

```json
{
  "instance-types-allowed": {"instanceTypes": ["t4g.*", "m7g.large"]},
  "topic-encrypted": "mandatory",
  "bucket-versioned": "disabled"
}
```

This page is written by `python -m infra.policies.reference > docs/reference/policies.md`.
"""

LONG = 120
"""Characters of a default beyond which the table points at the module instead."""


def page() -> str:
    """The reference of every policy, as a Markdown document with a table for each area."""
    return "\n".join([HEAD, *_areas(), "## Options\n", *_options()])


def _areas() -> Iterator[str]:
    for area, module in AREAS.items():
        policies = [policy for policy in POLICIES if policy.tags == [area]]
        yield f"## {area.capitalize()}\n\n{(module.__doc__ or '').strip()}\n"
        yield "| policy | level | why | remedy |\n|---|---|---|---|"
        yield from (_row(policy) for policy in policies)
        yield ""


def _row(policy: Policy) -> str:
    level = policy.definition.level.value + (" in production" if policy.definition.production else "")
    return f"| `{policy.name}` | {level} | {policy.why} | {policy.definition.remedy} |"


def _options() -> Iterator[str]:
    yield "| option | of | unless set | what it decides |\n|---|---|---|---|"
    owners: dict[str, tuple[Option, list[str]]] = {}
    for policy in POLICIES:
        for option in policy.definition.all_options:
            owners.setdefault(option.name, (option, []))[1].append(f"`{policy.name}`")
    for name, (option, names) in owners.items():
        owner = ", ".join(names) if len(names) <= 3 else "every policy in production"
        yield f"| `{name}` | {owner} | {_default(option)} | {option.description} |"
    yield ""


def _default(option: Option) -> str:
    text = json.dumps(option.default)
    return f"`{text}`" if len(text) <= LONG else f"`{text[:LONG].rpartition(',')[0]}, ...]`"


if __name__ == "__main__":
    sys.stdout.write(page())
