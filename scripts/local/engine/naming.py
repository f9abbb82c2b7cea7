"""The names that Pulumi makes where the program gives none."""

import hashlib

SUFFIX = 7  # hexadecimal digits


def automatic(urn: str, name: str) -> str:
    """Return `name` with a hyphen and seven hexadecimal digits, as Pulumi does; the same for the same URN.

    Pulumi's digits are random; ours make two deployments of one program comparable.
    """
    return f"{name}-{hashlib.sha256(urn.encode()).hexdigest()[:SUFFIX]}"
