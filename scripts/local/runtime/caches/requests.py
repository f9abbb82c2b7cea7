"""What AWS was asked for: shards of clusters that are to fail over.

TestFailover leaves an event, and nothing else in cluster mode: AWS tells no roles there.
"""

import re

from scripts.local.runtime.context import Context
from scripts.local.runtime.notes import FOLDER, Notes

# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_TestFailover.html
ASKED = re.compile(r"Test Failover API called for node group (\w+)")


class Requests:
    """Reads requests off events, each once, also where a runtime takes over from another."""

    def __init__(self, context: Context) -> None:
        self._aws = context.aws
        self._notes = Notes(context.state / FOLDER / "cache_failovers.json")

    async def take(self, group: str) -> set[str]:
        """Return the shards of a group that are to fail over and were not before the last call.

        Of a group that is seen for the first time, what was asked for before is none of ours.

        Raises:
            ClientError, BotoCoreError: AWS does not answer.
        """
        answer = await self._aws.collect(
            "elasticache", "describe_events", SourceIdentifier=group, SourceType="replication-group"
        )
        asked = {
            f"{event['Date'].isoformat()} {found[1]}": found[1]
            for event in answer["Events"]
            if (found := ASKED.match(event["Message"]))
        }
        known = self._notes.known().get(group)
        self._notes.note(group, sorted(asked))
        return set() if known is None else {asked[key] for key in asked.keys() - set(known)}
