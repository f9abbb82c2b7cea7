"""Auto Scaling: a policy says whether it is on, and is not predictive unless it was told how.

Needed for moto 5.2.5, which forgets `Enabled` and answers an empty predictive configuration.
"""

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

_put = AutoScalingResponse.put_scaling_policy


def install() -> None:
    """Keep what was asked for."""
    AutoScalingResponse.put_scaling_policy = _put_whole  # type: ignore[method-assign]


def _put_whole(self: AutoScalingResponse) -> ActionResult:
    result = _put(self)
    params = self._get_params()
    policy = vars(self.autoscaling_backend.policies[params["PolicyName"]])
    policy["enabled"] = params.get("Enabled", True)
    policy["predictive_scaling_configuration"] = params.get("PredictiveScalingConfiguration")
    return result
