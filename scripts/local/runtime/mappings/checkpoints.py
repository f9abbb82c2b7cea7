"""How far a mapping has come in each shard of its stream, kept across restarts of the runtime."""

import json
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where to read on in a shard: after a sequence number, or at a time, or at its beginning.

    `at` is in seconds since the epoch. A `finished` shard was closed and all of it is done.
    """

    after: str | None = None
    at: float | None = None
    finished: bool = False

    def iterator(self) -> dict[str, Any]:
        """Return the arguments of GetShardIterator."""
        if self.after is not None:
            return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": self.after}
        if self.at is not None:
            return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": self.at}
        return {"ShardIteratorType": "TRIM_HORIZON"}


class Checkpoints:
    """The positions of one mapping, by shard, in a file that is always whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        known = json.loads(path.read_text()) if path.exists() else {}
        self._positions = {shard: Position(**position) for shard, position in known.items()}

    @property
    def is_new(self) -> bool:
        """Whether the mapping has never been followed."""
        return not self._positions

    def get(self, shard: str) -> Position | None:
        """Return the shard's position, None when it was never read."""
        return self._positions.get(shard)

    def set(self, shard: str, position: Position) -> None:
        """Keep the shard's position."""
        self._positions[shard] = position
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps({shard: asdict(one) for shard, one in self._positions.items()}))
        partial.replace(self._path)


class Progress:
    """Which records of a shard are under way. They are done in any order, the checkpoint moves in theirs."""

    def __init__(self) -> None:
        # A dictionary of this kind because its first entry is taken out again and again.
        self._under_way: OrderedDict[str, bool] = OrderedDict()

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(self, sequence: str) -> None:
        """Learn of a record, in the order of the shard."""
        self._under_way[sequence] = False

    def done(self, sequence: str) -> str | None:
        """Learn that a record is done; return the last that is done with all before it, if that is new."""
        self._under_way[sequence] = True
        checkpoint = None
        while self._under_way:
            first, is_done = next(iter(self._under_way.items()))
            if not is_done:
                break
            checkpoint = first
            del self._under_way[first]
        return checkpoint
