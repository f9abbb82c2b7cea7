"""An engine that creates nothing: what is left is the evaluation of the program by itself."""

from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from scripts.local import ACCOUNT, REGION

ANSWERS: dict[str, dict[str, Any]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"{REGION}{zone}" for zone in "abc"]},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:ssm/getParameter:getParameter": {"value": "ami-0123456789abcdef0"},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-0123456789abcdef0"},
}


class Echo(Mocks):
    """Answers as a preview does before the first `up`: nothing is known of what does not exist yet.

    `resources` counts what was registered, components left out.
    """

    def __init__(self) -> None:
        self.resources = 0

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources += bool(args.custom)
        return "", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return ANSWERS[args.token], []
