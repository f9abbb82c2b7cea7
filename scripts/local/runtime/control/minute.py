"""How long a minute of CloudWatch and Auto Scaling takes on this machine: said here, and nowhere else.

Both work by the minute, and what they do can be watched only if that is short. What is said in their minutes
and seconds is shortened alike: periods, warm-up, rates a minute. Health checks and the draining of targets,
which Elastic Load Balancing does, keep their own seconds.
"""

MINUTE = 5.0


def shortened(seconds: float) -> float:
    """Return how long `seconds` of Auto Scaling take here, in seconds."""
    return seconds * MINUTE / 60
