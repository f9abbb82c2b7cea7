"""AWS on this machine: moto as a server on loopback, and what it lacks.

`python -m scripts.local.aws --port 5000` serves it; `running()` runs one for a test or a tool.
"""

from scripts.local.aws.process import running

__all__ = ["running"]
