"""Makes the extract of the provider's schema anew, after the program got a new type of resource:

    terraform providers schema -json > schema-of-provider.json
    python -m scripts.terraform.extract 5.100.0 schema-of-provider.json

in a folder whose configuration requires hashicorp/aws. It holds the types that the embedded engine knows, and
those whose tokens follow, such as `aws:sqs/queue:Queue`.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.local.engine import registry
from scripts.terraform.names import type_name
from scripts.terraform.schema import FILE

SOURCE = "registry.terraform.io/hashicorp/aws"
WORTH_SHARING = 300  # characters of a block, from which it stands once if it occurs twice


def extract(version: str, provider: Mapping[str, Any], more: Collection[str]) -> dict[str, Any]:
    """The part of the provider's schema that we use, and `more` types of resources."""
    resources = _blocks({*registry.types(), *more}, provider["resource_schemas"])
    sources = _blocks(registry.functions(), provider["data_source_schemas"])
    own = _block(provider["provider"]["block"])
    own["blocks"].pop("endpoints")  # hundreds of services
    blocks = [*resources.values(), *sources.values(), own]
    often = {it for it, times in Counter(_texts(blocks)).items() if times > 1 and len(it) > WORTH_SHARING}
    shared: dict[str, Any] = {}
    return {
        "version": version,
        "provider": _with_references(own, often, shared),
        "resources": {name: _with_references(it, often, shared) for name, it in resources.items()},
        "data_sources": {name: _with_references(it, often, shared) for name, it in sources.items()},
        "shared": dict(sorted(shared.items())),
    }


def _blocks(tokens: Collection[str], known: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The blocks of these types, by Terraform's name for them."""
    names = {type_name(token, known) for token in tokens if token.startswith("aws:")}
    return {name: _block(known[name]["block"]) for name in sorted(filter(None, names))}


def _block(source: Mapping[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = {"required": {}, "optional": {}, "computed": {}, "blocks": {}}
    for name, attribute in source.get("attributes", {}).items():
        kind = "required" if attribute.get("required") else "optional"
        block[kind if attribute.get("optional") or kind == "required" else "computed"][name] = attribute[
            "type"
        ]
    for name, nested in source.get("block_types", {}).items():
        least = {"least": nested["min_items"]} if nested.get("min_items") else {}
        block["blocks"][name] = {
            "nesting": nested["nesting_mode"],
            **least,
            "block": _block(nested["block"]),
        }
    return {key: value for key, value in block.items() if value}


def _texts(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        yield _text(block)
        yield from _texts([nested["block"] for nested in block.get("blocks", {}).values()])


def _with_references(block: dict[str, Any], often: set[str], shared: dict[str, Any]) -> Any:
    """`block` with a number in place of each block in it that occurs often; those come into `shared`."""
    text = _text(block)
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    if key in shared:
        return key
    nested = {
        name: {**it, "block": _with_references(it["block"], often, shared)}
        for name, it in block.get("blocks", {}).items()
    }
    whole = {**block, **({"blocks": nested} if nested else {})}
    if text not in often:
        return whole
    shared[key] = whole
    return key


def _text(block: dict[str, Any]) -> str:
    return json.dumps(block, sort_keys=True)


def main() -> None:
    """Read what the provider says of itself, and write the extract."""
    version, path, *more = sys.argv[1:]
    schemas = json.loads(Path(path).read_text(encoding="utf-8"))["provider_schemas"]
    content = extract(version, schemas[SOURCE], more)
    lines = ",\n".join(
        f" {json.dumps(key)}: {_lines(value)}"
        if isinstance(value, dict)
        else f" {json.dumps(key)}: {json.dumps(value)}"
        for key, value in content.items()
    )
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _lines(values: Mapping[str, Any]) -> str:
    """A JSON object with each of its entries in a line, so that a change of one is a change of a line."""
    entries = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in values.items()
    )
    return f"{{\n{entries}\n }}"


if __name__ == "__main__":
    main()
