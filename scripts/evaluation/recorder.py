"""Runs a Pulumi program and remembers every resource that it registers.

Beyond Pulumi's mock runtime, the recorder refuses two resources with one URN, as the real engine does.
"""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc
from pulumi.runtime.mocks import MockMonitor

from scripts.evaluation.mock_runtime import Target, run

ACCOUNT = "123456789012"
REGION = "us-east-1"
ADOPTED = [*"abcdef", *(f"subnet-0000000{letter}" for letter in "abcdef")]
"""The subnets of every VPC that a program looks up."""
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the key by which Pulumi marks a wrapped secret

registering: ContextVar[str] = ContextVar("registering")
"""The URN of the resource that mocks are asked for."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A registered resource.

    Attributes:
        custom: whether it is a resource of a provider, rather than a component.
        inputs: in the clear; those that hold a secret are named in `secrets`.
        wire: the inputs as they cross the wire to Pulumi's engine, secrets and unknown values marked.
        aliases: URNs that it had before.
        uses: by input, the URNs of the resources whose outputs went into it.
        ignores: inputs whose changes Pulumi leaves alone.
        timeouts: how long what is done to it may take, such as `delete: 45m`.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    wire: Mapping[str, Any]
    urn: str
    custom: bool
    parent: str
    dependencies: frozenset[str]
    uses: Mapping[str, frozenset[str]]
    secrets: frozenset[str]
    aliases: frozenset[str]
    protect: bool
    retain: bool
    provider: str
    ignores: frozenset[str]
    timeouts: Mapping[str, str]

    def json(self, key: str) -> Any:
        """The input `key`, a JSON text, as a value."""
        return json.loads(self.inputs[key])


@dataclass
class Recording:
    """What a program did: its resources by URN, the functions it called, its stack outputs.

    `secret_outputs` names those of its outputs that hold a secret.
    """

    resources: dict[str, Registered] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: frozenset[str] = frozenset()

    def of(self, type_: str) -> list[Registered]:
        """The resources whose type ends like this, such as `sqs/queue:Queue`, by name."""
        found = (it for it in self.resources.values() if it.type.endswith(type_))
        return sorted(found, key=lambda it: it.name)

    def one(self, type_: str, name: str | None = None) -> Registered:
        """The only resource of that type, or of that type and name, else a `LookupError`."""
        found = [it for it in self.of(type_) if name in (None, it.name)]
        if len(found) != 1:
            names = [it.name for it in self.of(type_)]
            raise LookupError(f"{len(found)} of {type_} {name or ''} in {names}")
        return found[0]

    def region(self, it: Registered) -> str:
        """The region that a resource's provider makes it in."""
        region: str = self.one("pulumi:providers:aws", provider_name(it.provider)).inputs["region"]
        return region


def provider_name(reference: str) -> str:
    """The logical name of a provider that is referred to as `<its URN>::<its id>`; empty without one."""
    return reference.split("::")[-2] if reference else ""


class Regions:
    """The regions of the providers that mocks were asked for."""

    def __init__(self) -> None:
        self._by_provider: dict[str, str] = {}

    def learn(self, args: MockResourceArgs) -> None:
        """Remember the region of what is registered, where it is a provider."""
        if args.typ == "pulumi:providers:aws":
            self._by_provider[args.name] = args.inputs["region"]

    def of(self, provider: str | None) -> str:
        """The region of what the provider, referred to as Pulumi does, makes or asks."""
        return self._by_provider.get(provider_name(provider or ""), REGION)


class Answers(Mocks):
    """Answers the way AWS would, as far as the program asks: ARNs, addresses, names."""

    def __init__(self) -> None:
        self._regions = Regions()

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self._regions.learn(args)
        region = self._regions.of(args.provider)
        service = args.typ.partition(":")[2].partition("/")[0].removesuffix("v2")  # as in ARNs
        given = (args.inputs[key] for key in ("name", "identifier", "bucket") if key in args.inputs)
        name = next(given, f"{args.name}-1a2b3c4")
        arn = f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"
        if args.typ == "aws:lambda/alias:Alias":
            arn = f"arn:aws:lambda:{region}:{ACCOUNT}:{args.inputs['functionName']}:{name}"
        if args.typ == "aws:cognito/userPool:UserPool":
            arn = f"arn:aws:cognito-idp:{region}:{ACCOUNT}:userpool/{name}"
        answer = {
            "name": name,
            "identifier": name,
            "arn": arn,
            "arnSuffix": f"app/{name}/50dc6c495c0c9188",
            "url": f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{name}",
            "address": f"{name}.{service}.example.com",
            "endpoint": f"{name}.{service}.example.com:5432",
            "configurationEndpointAddress": f"clustercfg.{name}.{service}.example.com",
            "primaryEndpointAddress": f"{name}.{service}.example.com",
            "dnsName": f"{name}.elb.example.com",
            "domainName": f"{name}.cloudfront.net",
            "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            "apiEndpoint": f"https://{name}.execute-api.{region}.amazonaws.com",
            "executionArn": f"arn:aws:execute-api:{region}:{ACCOUNT}:{name}",
            "invokeArn": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
            "defaultSecurityGroupId": "default-id",
            "bootstrapBrokersSaslIam": f"boot-{name}.kafka-serverless.{region}.amazonaws.com:9098",
            "primaryNetworkInterfaceId": f"{args.name}-eni",
            "latestVersion": 1,
            "result": "not-a-real-password",
            "hostedZoneId": f"Z{args.name.upper()}",
            "zoneId": f"Z{args.name.upper()}",
            "nameServers": [f"ns-{number}.awsdns.example.com" for number in (1, 2)],
            "fqdn": name,
            "domainValidationOptions": _validations(args.inputs),
        }
        if args.typ == "aws:apigatewayv2/domainName:DomainName":
            args.inputs["domainNameConfiguration"] |= {
                "targetDomainName": f"d-{args.name}.execute-api.{region}.amazonaws.com",
                "hostedZoneId": "ZAPIGATEWAY",
            }
        return f"{args.name}-id", answer | args.inputs

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # type: ignore[override] # a pair is optional
        region = self._regions.of(args.provider)
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"{region}{letter}" for letter in "abcdef"]
            },
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:ssm/getParameter:getParameter": {"value": "ami-0123456789abcdef0"},
            "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-3b927c52"},
            "aws:ec2/getSecurityGroup:getSecurityGroup": {"id": "default-id"},
            "aws:ec2/getSubnets:getSubnets": {"ids": ADOPTED},
        }
        return answers[args.token]


def _validations(inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """What ACM wants to find in the zone before it issues a certificate with these inputs."""
    names = [inputs.get("domainName", ""), *inputs.get("subjectAlternativeNames", [])]
    return [
        {
            "domainName": name,
            "resourceRecordName": f"_proof.{name}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": "_proof.acm-validations.aws.",
        }
        for name in names
    ]


class Unknowns(Mocks):
    """Answers as a preview does before the first `up`: nothing is known of what does not exist yet."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "", dict(args.inputs)

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # type: ignore[override] # a pair is optional
        return Answers().call(args)


class RecordingMonitor(MockMonitor):
    """Pulumi's mock monitor, which also keeps what it is asked."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.recording = Recording()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object)
            urn = self.make_urn(request.parent, request.type, request.name)
            if urn in self.recording.resources:
                raise ValueError(f"two resources with the URN {urn}")
            self.recording.resources[urn] = Registered(
                type=request.type,
                name=request.name,
                inputs=_bare(inputs),
                wire=json_format.MessageToDict(request.object),
                urn=urn,
                custom=request.custom,
                parent=request.parent,
                dependencies=frozenset(request.dependencies),
                uses={key: frozenset(used.urns) for key, used in request.propertyDependencies.items()},
                aliases=frozenset(alias.urn for alias in request.aliases),
                secrets=frozenset(key for key, value in inputs.items() if _holds_secret(value)),
                protect=request.protect,
                retain=request.retainOnDelete,
                provider=request.provider,
                ignores=frozenset(request.ignoreChanges),
                timeouts=_timeouts(request.customTimeouts),
            )
            registering.set(urn)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        self.recording.calls.append((request.tok, rpc.deserialize_properties(request.args)))
        return super().Invoke(request)  # type: ignore[no-untyped-call]


def record(
    program: Callable[[], object],
    *,
    project: str = "blueprint",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    mocks: Mocks | None = None,
) -> Recording:
    """Run `program` to its end and return what it did; what it raises is raised here."""
    monitor = RecordingMonitor(mocks or Answers())
    target = Target(project=project, stack=stack, config=config or {})
    outputs = run(program, monitor, target, preview=isinstance(mocks, Unknowns))
    monitor.recording.outputs = {name: output.value for name, output in outputs.items()}
    monitor.recording.secret_outputs = frozenset(name for name, it in outputs.items() if it.secret)
    return monitor.recording


def _timeouts(given: Any) -> dict[str, str]:
    every = {name: getattr(given, name) for name in ("create", "update", "delete")}
    return {name: value for name, value in every.items() if value}


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and SECRET in value


def _holds_secret(value: object) -> bool:
    """Whether `value` is a secret, or has one in it at any depth."""
    if isinstance(value, dict):
        return _is_secret(value) or any(_holds_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_holds_secret(inner) for inner in value)


def _bare(value: Any) -> Any:
    """`value` without the wrapping of secrets."""
    if _is_secret(value):
        return _bare(value["value"])
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    return value
