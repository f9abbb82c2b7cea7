"""What an RDS instance class says about the machine: its memory, and what follows from it.

Sizes are those of "DB instance classes" in the Amazon RDS User Guide: from `xlarge` on, a class has four
vCPUs for each `x`, and its family decides how much memory comes with each.
"""

import re
from typing import NamedTuple

GIB = 1024**3

GIB_PER_CPU = {"m": 4, "r": 8, "x": 16}
BURSTABLE_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}

BYTES_PER_CONNECTION = 9_531_392
"""RDS sets `max_connections` to LEAST({DBInstanceClassMemory/9531392}, 5000) unless told otherwise."""

MOST_CONNECTIONS = 5000

LEFT_FOR_POSTGRES = 0.9
"""Part of the memory that DBInstanceClassMemory counts; the rest is the system's. AWS publishes no figure."""


class Class(NamedTuple):
    """A parsed class.

    Attributes:
        memory: in GiB.
        burstable: whether it earns and spends CPU credits.
        arm: whether it is a Graviton.
    """

    memory: int
    burstable: bool
    arm: bool

    @property
    def connections(self) -> int:
        """About how many connections PostgreSQL allows on it, unless a parameter says otherwise."""
        return min(int(self.memory * GIB * LEFT_FOR_POSTGRES / BYTES_PER_CONNECTION), MOST_CONNECTIONS)


def parse(name: str) -> Class | None:
    """What is known of the class `name`, such as `db.r7g.4xlarge`; None for one that is not known."""
    found = re.fullmatch(r"db\.(?P<family>[tmrx])(?P<generation>\d+[a-z]*)\.(?P<size>[a-z0-9]+)", name)
    if found is None:
        return None
    family, size = found["family"], found["size"]
    memory = BURSTABLE_GIB.get(size) if family == "t" else _memory(GIB_PER_CPU[family], size)
    if memory is None:
        return None
    return Class(memory=memory, burstable=family == "t", arm="g" in found["generation"])


def _memory(per_cpu: int, size: str) -> int | None:
    if size == "large":
        return 2 * per_cpu
    found = re.fullmatch(r"(\d*)xlarge", size)
    return 4 * int(found[1] or 1) * per_cpu if found else None
