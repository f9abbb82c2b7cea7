"""Where deployed things really are: the deployed addresses and the local ones that stand for them."""

import re
from collections.abc import Iterable

from scripts.local.runtime.notes import Notes

# Databases, caches and load balancers have such addresses; the APIs of AWS are told without a port.
OF_AWS = re.compile(r"[\w.-]+\.amazonaws\.com(?:\.cn)?:\d+")
# Where the keys of a user pool are: the one API that programs ask without an SDK. The pool's name as an
# issuer, which begins alike, is no address: tokens bear it here, too.
KEYS = re.compile(r"https://cognito-idp\.[\w-]+\.amazonaws\.com(?=/[\w-]+/\.well-known/jwks\.json)")


class Addresses:
    """Deployed addresses (`host:port`, or a URL's beginning) and their local counterparts.

    `aws` is the local AWS, such as `http://127.0.0.1:5000`. `notes` have what was published before.
    """

    def __init__(self, aws: str, notes: Notes | None = None) -> None:
        self._aws = aws
        self._notes = notes or Notes()
        self._local: dict[str, str] = dict(self._notes.known().get("local", {}))
        self._names: dict[str, str] = dict(self._notes.known().get("names", {}))
        self._pattern = pattern(self._local)

    def publish(self, deployed: str, local: str, name: str | None = None) -> None:
        """Say that `deployed` is at `local`; `name` ("site", "database") lists it in the status too.

        `deployed` is what programs are told: `db.example.rds.amazonaws.com:5432`, `https://d1.cloudfront.net`.
        """
        if name is not None:
            self._names[name] = local
            self._notes.note("names", dict(self._names))
        if deployed and self._local.get(deployed) != local:
            self._local[deployed] = local
            self._notes.note("local", dict(self._local))
            self._pattern = pattern(self._local)

    def translate(self, text: str) -> str:
        """Return `text` with each published deployed address replaced by its local one."""
        text = KEYS.sub(self._aws, text)
        if not self._local:
            return text
        return self._pattern.sub(lambda match: self._local[match.group()], text)

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Return the addresses (`host:port`) of AWS in texts that nothing local stands for, or not yet."""
        return sorted({address for text in texts for address in OF_AWS.findall(self.translate(text))})

    def named(self) -> dict[str, str]:
        """Return the local addresses that have a name, by name."""
        return dict(self._names)


def pattern(addresses: Iterable[str]) -> re.Pattern[str]:
    """Return what finds whole addresses in a text: not `db:543` in `db:5432`, nor `b.net` in `a.b.net`."""
    # The longest first, so that `host:5432` wins over `host`.
    alternatives = "|".join(map(re.escape, sorted(addresses, key=len, reverse=True)))
    return re.compile(rf"(?<![\w.-])(?:{alternatives})(?![\w-]|\.\w)")
