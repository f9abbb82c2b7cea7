"""What waits to be worked on: queues and streams."""

from pydantic import Field

from infra.settings.section import Section


class Orders(Section):
    """The queue of placed orders."""

    visibility_timeout: int = Field(
        ge=1, le=43_200, description="Seconds that a received message stays hidden from others."
    )
    max_receives: int = Field(ge=1, le=1_000, description="Receives before a message is a dead letter.")
    retention_days: int = Field(ge=1, le=14, description="Days that an unread message is kept.")


class Stream(Section):
    """The stream of courier positions."""

    shards: int | None = Field(
        ge=1, le=200, description="Shards, 1 MB/s in each; unset is on-demand capacity."
    )
    retention_hours: int = Field(ge=24, le=8_760, description="Hours that a record can be read.")
