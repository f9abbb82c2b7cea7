"""What deploys the stack, where a repository does."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from infra.components import policy
from infra.components.delivery_pipeline import DeliveryPipeline, DeliveryPipelineArgs
from infra.pipeline.documents import Target

if TYPE_CHECKING:
    from infra.settings import Settings
    from infra.tiers.region import Location

GLOBAL = "us-east-1"
"""Where AWS answers for what belongs to no region."""


def pipeline(home: "Location") -> DeliveryPipeline | None:
    """Make the pipeline of a stack whose first region is `home`, and have it bound the roles made after."""
    settings = home.settings.pipeline
    if settings.repository is None:
        policy.bound_roles_by(None)
        return None
    environment = settings.environment or home.settings.stack
    args = DeliveryPipelineArgs(
        account_id=home.account_id,
        repository=settings.repository,
        deploys_from=f"ref:refs/heads/{settings.branch}" if settings.branch else f"environment:{environment}",
        target=_target(home.settings),
        adopt=settings.adopt_provider,
        session_hours=settings.session_hours,
    )
    made = DeliveryPipeline("pipeline", args, home.opts)
    policy.bound_roles_by(made.boundary_arn)
    return made


def outputs(made: DeliveryPipeline | None) -> Mapping[str, object]:
    """What the repository must be told."""
    if made is None:
        return {}
    return {"deploy_role": made.deploy_role_arn, "preview_role": made.preview_role_arn}


def _target(settings: "Settings") -> Target:
    regions = {settings.region, settings.second_region.code or GLOBAL, GLOBAL}
    return Target(
        parameters=f"/{settings.prefix}/{settings.stack}/",
        regions=sorted(regions),
        tags={"Project": settings.project, "Stack": settings.stack},
        state_bucket=settings.pipeline.state_bucket,
        secrets_key_arn=settings.pipeline.secrets_key_arn,
    )
