"""Auto Scaling: a policy says whether it is on, its ARN once it is put, and is predictive only if told how.

Needed for moto 5.2.5, which forgets `Enabled`, answers an empty predictive configuration, and calls the ARN
of a policy that was put `PolicyArn`, which no client reads.
"""

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

_put = AutoScalingResponse.put_scaling_policy


def install() -> None:
    """Keep what was asked for."""
    AutoScalingResponse.put_scaling_policy = _put_whole  # type: ignore[method-assign]


def _put_whole(self: AutoScalingResponse) -> ActionResult:
    _put(self)
    params = self._get_params()
    policy = self.autoscaling_backend.policies[params["PolicyName"]]
    kept = vars(policy)
    kept["enabled"] = params.get("Enabled", True)
    kept["predictive_scaling_configuration"] = params.get("PredictiveScalingConfiguration")
    return ActionResult({"PolicyARN": policy.arn})
