"""Who watches over the stack."""

from pydantic import Field

from infra.settings.section import Section


class Operations(Section):
    """What operators see and hear."""

    dashboards: bool = Field(
        description="A CloudWatch dashboard for each service; beyond three, 3 USD a month each."
    )
    budget: int | None = Field(
        ge=1,
        le=10_000_000,
        description="USD that a month may cost before somebody is told; unset is no budget.",
    )
