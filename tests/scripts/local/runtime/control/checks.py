"""A health check, for target groups of tests."""

from scripts.local.runtime.balancers.deployed import HealthCheck

CHECK = HealthCheck(
    enabled=True,
    path="/",
    interval=5,
    timeout=2,
    healthy_threshold=2,
    unhealthy_threshold=2,
    matcher="200",
)
