"""Instances, their groups, and functions."""

import base64
import binascii
import gzip
from fnmatch import fnmatch

from infra.policies.definition import Findings, Option, in_stack, on_each
from infra.policies.resource_types import (
    AUTO_SCALING_GROUP,
    FUNCTION,
    INSTANCE,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    PERMISSION,
)
from infra.policies.resources import Block, Resource, Stack
from infra.policies.secret_shapes import secret_in, secrets_assigned

VOLUME = "aws:ebs/volume:Volume"
KEY_PAIR = "aws:ec2/keyPair:KeyPair"
FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"

ASYNCHRONOUS_CALLERS = ("events.amazonaws.com", "sns.amazonaws.com", "s3.amazonaws.com", "ses.amazonaws.com")
"""Services that hand an event to Lambda and do not wait for what becomes of it."""

INSTANCE_TYPES = Option(
    name="instanceTypes",
    description="Instance types that may be used; `*` stands for anything.",
    default=tuple(
        f"{family}.{size}"
        for family in ("t3", "t3a", "t4g", "[cmr]6[gi]", "[cmr]7[agi]", "[cmr]8[gi]")
        for size in ("nano", "micro", "small", "medium", "large", "xlarge", "[248]xlarge")
        if family.startswith("t") or size not in ("nano", "micro", "small")
    ),
)

RUNTIMES = Option(
    name="runtimes",
    description="Runtimes of functions that AWS still maintains.",
    default=(
        *("python3.11", "python3.12", "python3.13", "python3.14", "python3.15"),
        *("nodejs22.x", "nodejs24.x", "nodejs26.x"),
        *("java17", "java17.al2023", "java21", "java25", "dotnet10", "ruby3.4", "ruby4.0", "provided.al2023"),
    ),
)


@on_each(
    LAUNCH_TEMPLATE,
    INSTANCE,
    remedy='Set `metadata_options` to `http_tokens="required"` and `http_put_response_hop_limit=1`.',
)
def metadata_service_v2(machine: Resource) -> Findings:
    """Without a token, one request forged through the service fetches the role's credentials; with a second
    hop, so can a container."""
    options = machine.block("metadataOptions")
    if options.get("httpEndpoint") == "disabled":
        return
    if options.get("httpTokens") != "required":
        yield "its metadata service answers without a token."
    if options.get("httpPutResponseHopLimit") != 1:
        yield "its metadata service answers further than one hop away."


@on_each(LAUNCH_TEMPLATE, remedy="Map the root device to a volume with `encrypted`, and every other too.")
def template_volumes_encrypted(template: Resource) -> Findings:
    """A volume or its snapshot that gets into wrong hands must be of no use there."""
    volumes = [each for each in template.blocks("blockDeviceMappings") if each.get("ebs")]
    if not volumes:
        yield "it maps no volume, so the image decides whether the root volume is encrypted."
    for volume in volumes:
        if not volume.on("ebs.encrypted"):
            yield f"its volume {volume.get('deviceName')} is not encrypted."


@on_each(INSTANCE, VOLUME, remedy="Set `encrypted` on the volume and on each block device.")
def volumes_encrypted(owner: Resource) -> Findings:
    """A volume or its snapshot that gets into wrong hands must be of no use there."""
    volumes: list[Block] = [owner]
    if owner.type == INSTANCE:
        volumes = [owner.block("rootBlockDevice"), *owner.blocks("ebsBlockDevices")]
    for volume in volumes:
        if not volume.on("encrypted"):
            yield f"{volume.get('deviceName') or 'its volume'} is not encrypted."


@on_each(
    LAUNCH_TEMPLATE,
    INSTANCE,
    AUTO_SCALING_GROUP,
    remedy="Choose an allowed type, or add it to `instanceTypes`.",
    options=[INSTANCE_TYPES],
)
def instance_types_allowed(machine: Resource) -> Findings:
    """A slip in an instance type can cost more in a day than the whole stack in a month."""
    overrides = machine.blocks("mixedInstancesPolicy.launchTemplate.overrides")
    for type_ in (machine.get("instanceType"), *(each.get("instanceType") for each in overrides)):
        if type_ and not any(fnmatch(type_, allowed) for allowed in machine.option(INSTANCE_TYPES.name)):
            yield f"`{type_}` is not an allowed type."


@on_each(LAUNCH_TEMPLATE, INSTANCE, remedy="Leave it out; publish through the load balancer.", advisory=True)
def instance_addresses_private(machine: Resource) -> Findings:
    """An instance with a public address is one mistake in a security group away from the internet."""
    if "blueprint:network:ForwardProxy$" in machine.urn:
        return  # goes out in the others' place
    interfaces = machine.blocks("networkInterfaces")
    if any(each.on("associatePublicIpAddress") for each in (machine, *interfaces)):
        yield "it gets a public address."


@on_each(LAUNCH_TEMPLATE, INSTANCE, KEY_PAIR, remedy="Remove the key, and use Session Manager.")
def no_ssh_keys(machine: Resource) -> Findings:
    """An SSH key is shared, never expires and leaves no record; Session Manager knows who did what."""
    if machine.type == KEY_PAIR:
        yield "it is a key for SSH."
    elif machine.get("keyName"):
        yield f"it lets the holder of key `{machine.get('keyName')}` in."


@on_each(
    LAUNCH_TEMPLATE,
    INSTANCE,
    remedy="Fetch secrets at the start from Secrets Manager, by the instance's role.",
)
def user_data_without_secrets(machine: Resource) -> Findings:
    """Whoever may describe an instance reads its user data, and so does every process on it."""
    texts = [_decoded(machine.get("userData")), machine.get("userData"), machine.get("userDataBase64")]
    if machine.type == INSTANCE:
        texts = [machine.get("userData"), _decoded(machine.get("userDataBase64"))]
    for text in texts:
        yield from (f"user data: {finding}." for finding in secrets_assigned(text or ""))


@on_each(AUTO_SCALING_GROUP, remedy="Give the template's `latest_version` as text.")
def template_version_fixed(group: Resource) -> Findings:
    """With `$Latest` a new template changes nothing that Pulumi sees, so no instance is ever refreshed."""
    mixed = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification"
    templates = [each for each in (group.block("launchTemplate"), group.block(mixed)) if each.props]
    for template in templates:
        if template.get("version") in (None, "$Latest", "$Default"):
            yield f"it starts version {template.get('version') or '$Default'} of its template."


@on_each(
    AUTO_SCALING_GROUP,
    remedy='Set `health_check_type="ELB"` and a `health_check_grace_period` longer than the start takes.',
)
def group_asks_load_balancer(group: Resource) -> Findings:
    """EC2's own checks see a running machine, not a service that answers; without grace they would end
    instances that still start."""
    if not group.has("targetGroupArns"):
        return
    if group.get("healthCheckType") != "ELB":
        yield "it keeps instances that the load balancer finds unhealthy."
    elif not group.get("healthCheckGracePeriod"):
        yield "it ends instances that are still starting."


@on_each(AUTO_SCALING_GROUP, remedy="Give it a subnet in each zone.", production=True)
def group_spans_zones(group: Resource) -> Findings:
    """The failure of a single zone must not take all instances of a service."""
    if int(group.get("maxSize") or 0) > 1 and len(set(group.get("vpcZoneIdentifiers") or ())) < 2:
        yield "all of its instances are in one subnet."


@on_each(FUNCTION, remedy="Hand over the ARN of a secret, and read that at the start.")
def function_environment_without_secrets(function: Resource) -> Findings:
    """Whoever may describe a function reads its environment, and so does its log when it is printed."""
    for name, value in (function.get("environment.variables") or {}).items():
        if reason := secret_in(name, str(value)):
            yield f"variable {name}: {reason}."


@on_each(FUNCTION, remedy="Choose a maintained runtime.", options=[RUNTIMES])
def function_runtime_maintained(function: Resource) -> Findings:
    """A runtime past its end gets no security fixes, and in the end cannot be updated any more."""
    runtime = function.get("runtime")
    if runtime and runtime not in function.option(RUNTIMES.name):
        yield f"`{runtime}` is not a maintained runtime."


@on_each(FUNCTION_URL, remedy='Set `authorization_type="AWS_IAM"`, or put a gateway before the function.')
def function_url_authenticated(url: Resource) -> Findings:
    """A public function URL has no throttling, no firewall and a bill without bounds."""
    if url.get("authorizationType") != "AWS_IAM":
        yield "everybody may call it."


@in_stack(FUNCTION, remedy="Create a LogGroup `/aws/lambda/<name>` with a retention before the function.")
def function_log_group(function: Resource, stack: Stack) -> Findings:
    """Lambda makes a missing log group itself, keeps it for ever, and `destroy` leaves it behind."""
    own = function.known("loggingConfig.logGroup") or f"/aws/lambda/{function.known('name')}"
    groups = {group.known("name") for group in stack.of(LOG_GROUP)}
    if function.known("name") and own not in groups:
        yield f"the stack has no log group `{own}`."


@in_stack(FUNCTION, remedy="Set `dead_letter_config`, or a FunctionEventInvokeConfig with `on_failure`.")
def asynchronous_function_destination(function: Resource, stack: Stack) -> Findings:
    """An event that a function fails on three times is dropped without a trace."""
    callers = [str(each.known("principal")) for each in stack.about(function, PERMISSION, "function")]
    if not set(callers) & set(ASYNCHRONOUS_CALLERS) or function.has("deadLetterConfig.targetArn"):
        return
    configs = stack.about(function, INVOKE_CONFIG, "functionName")
    if not any(config.has("destinationConfig.onFailure.destination") for config in configs):
        yield "events that it fails on are lost."


def _decoded(text: str | None) -> str:
    """What `text` says once base64 and gzip are taken off; nothing if it is neither."""
    try:
        raw = base64.b64decode(text or "", validate=True)
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (binascii.Error, OSError, EOFError):
        return ""
    return raw.decode(errors="replace")
