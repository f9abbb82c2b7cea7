"""EC2: an instance says whether it recovers by itself when its machine fails.

Needed for moto 5.2.5, which forgets what was said of it.
"""

from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance, Reservation
from moto.ec2.responses.instances import InstanceResponse

_run = InstanceResponse.run_instances
OPTIONS = "MaintenanceOptions"
DEFAULT = {"AutoRecovery": "default"}


def install() -> None:
    """Keep what is said, and say what AWS does by itself."""
    Instance.maintenance_options = DEFAULT  # type: ignore[attr-defined]
    InstanceResponse.run_instances = _run_and_keep  # type: ignore[method-assign]


def _run_and_keep(self: InstanceResponse) -> ActionResult:
    answer = _run(self)
    reservation: Reservation = answer.result  # type: ignore[assignment]
    for instance in reservation.instances:
        vars(instance)["maintenance_options"] = {**DEFAULT, **self._get_param(OPTIONS, {})}
    return answer
