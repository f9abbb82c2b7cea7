"""Who may do what: roles, policies, trust, and the shop's customers."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from infra.policies.definition import Findings, Option, on_each
from infra.policies.documents import Statement, statements
from infra.policies.resource_types import (
    BUCKET_POLICY,
    KEY,
    PERMISSION,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    TOPIC,
    TOPIC_POLICY,
    USER_POOL,
)
from infra.policies.resources import Resource

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
USER = "aws:iam/user:User"
ACCESS_KEY = "aws:iam/accessKey:AccessKey"
LOGIN_PROFILE = "aws:iam/userLoginProfile:UserLoginProfile"
POOL_CLIENT = "aws:cognito/userPoolClient:UserPoolClient"

IDENTITY_DOCUMENTS = (ROLE_POLICY, POLICY, GROUP_POLICY)
RESOURCE_DOCUMENTS = (
    BUCKET_POLICY,
    QUEUE_POLICY,
    TOPIC_POLICY,
    QUEUE,
    TOPIC,
    KEY,
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy",
    "aws:kinesis/resourcePolicy:ResourcePolicy",
    "aws:backup/vaultPolicy:VaultPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
)

NARROWING_KEYS = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "kms:calleraccount",
    }
)
"""Conditions that make of everybody somebody."""

UNSCOPED_ACTIONS = Option(
    name="unscopedActions",
    description="Actions that AWS cannot narrow to a resource, and that may be allowed on `*`.",
    default=(
        # Session Manager, in place of SSH.
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        # Traces and metrics have no resource.
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "cloudwatch:PutMetricData",
        # Makes a password up, and keeps none.
        "secretsmanager:GetRandomPassword",
        # Reading what exists.
        "ec2:Describe*",
        "elasticloadbalancing:Describe*",
        "autoscaling:Describe*",
        "rds:Describe*",
        "elasticache:Describe*",
        "cloudwatch:Describe*",
        "logs:DescribeLogGroups",
        "ecr:GetAuthorizationToken",
        "sts:GetCallerIdentity",
        # Functions make and remove the network interfaces by which they reach the VPC.
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ),
)

WILDCARD_ACTIONS = Option(
    name="wildcardActions",
    description="Actions that may be allowed by a wildcard: those that only say what exists.",
    default=("*:Describe*", "*:List*"),
)

EVERYTHING = re.compile(r"^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$")
"""A resource that is all of AWS, or all of one service."""

TOO_MUCH = ("AdministratorAccess*", "PowerUserAccess", "IAMFullAccess", "*FullAccess", "*ReadWrite*")


@on_each(*IDENTITY_DOCUMENTS, remedy="List the actions that are used.", options=[WILDCARD_ACTIONS])
def actions_named(policy: Resource) -> Findings:
    """A wildcard grows with every action that AWS adds, and who takes the role over gets them all."""
    if _bounds(policy):
        return
    for statement in _allowing(policy.get("policy")):
        for action in statement.actions:
            harmless = any(fnmatch(action, each) for each in policy.option(WILDCARD_ACTIONS.name))
            if statement.inverted:
                yield f"it allows everything but `{action}`."
            elif "*" in action and not harmless:
                yield f"it allows `{action}`."


@on_each(
    *IDENTITY_DOCUMENTS,
    remedy="Name the ARNs, or narrow the statement by a condition.",
    options=[UNSCOPED_ACTIONS],
)
def resources_named(policy: Resource) -> Findings:
    """A role that may act on everything also acts on what belongs to other stacks of the account."""
    if _bounds(policy):
        return
    unscoped = policy.option(UNSCOPED_ACTIONS.name)
    for statement in _allowing(policy.get("policy")):
        narrowed = statement.condition_keys() - {"aws:securetransport"}
        if narrowed or not any(EVERYTHING.match(resource) for resource in statement.resources):
            continue
        for action in statement.actions:
            if not any(fnmatch(action, allowed) for allowed in unscoped):
                yield f"it allows `{action}` on every resource."


@on_each(ATTACHMENT, ROLE, remedy="Grant the actions that are used, in a policy of one's own.")
def managed_policies_narrow(resource: Resource) -> Findings:
    """AWS's own policies for people and consoles allow far more than any program uses."""
    for arn in (resource.get("policyArn"), *(resource.get("managedPolicyArns") or ())):
        name = str(arn).rpartition("/")[2]
        if any(fnmatch(name, pattern) for pattern in TOO_MUCH):
            yield f"it attaches `{name}`."


@on_each(ROLE, remedy="Name the service, or the account and role, that may take it on.")
def trust_named(role: Resource) -> Findings:
    """Who may take a role on may do all that it may do."""
    for statement in _allowing(role.get("assumeRolePolicy")):
        if statement.inverted or any("*" in principal for principal in statement.principals):
            yield "everybody may take it on."


@on_each(ROLE, remedy="Compare the provider's `sub`, down to repository and branch or environment.")
def trust_of_pipelines(role: Resource) -> Findings:
    """An identity provider such as GitHub vouches for everybody's repositories, not for yours alone."""
    for statement in _allowing(role.get("assumeRolePolicy")):
        subjects = [
            str(value)
            for keys in statement.condition.values()
            for key, values in keys.items()
            if key.lower().endswith(_subject_key(statement))
            for value in ([values] if isinstance(values, str) else values)
        ]
        if statement.federated and (not subjects or any(each.startswith("*") for each in subjects)):
            yield "everybody whom the identity provider knows may take it on."


@on_each(USER, ACCESS_KEY, LOGIN_PROFILE, remedy="Let people come by single sign-on, and pipelines by OIDC.")
def no_users(resource: Resource) -> Findings:
    """The access keys of users never expire, and are found in repositories every day."""
    yield f"{resource.name} is or belongs to an IAM user."


@on_each(
    *RESOURCE_DOCUMENTS, remedy="Name the principal, or compare its account, organisation or source ARN."
)
def resource_policies_closed(resource: Resource) -> Findings:
    """What allows everybody allows every AWS account in the world."""
    for statement in _allowing(resource.get("policy")):
        everybody = statement.inverted or "*" in statement.principals
        if everybody and not statement.condition_keys() & NARROWING_KEYS:
            yield f"it allows everybody {', '.join(statement.actions)}."


@on_each(PERMISSION, remedy="Set `source_arn` or `source_account`.")
def function_callers_named(permission: Resource) -> Findings:
    """A service that calls for everybody also calls for who only knows the function's name."""
    principal = str(permission.get("principal"))
    # What is not known yet is set nevertheless.
    narrowed = {"sourceArn", "sourceAccount", "principalOrgId"} & set(permission.props)
    if (principal == "*" or principal.endswith(".amazonaws.com")) and not narrowed:
        yield f"`{principal}` may call the function for anybody."


@on_each(
    USER_POOL,
    remedy="Set `password_policy.minimum_length` to 12 at least.",
)
def customer_passwords(pool: Resource) -> Findings:
    """Short passwords are guessed from lists; Cognito asks for eight characters unless told otherwise."""
    length = int(pool.get("passwordPolicy.minimumLength") or 8)
    if length < 12:
        yield f"it takes passwords of {length} characters."


@on_each(USER_POOL, remedy='Set `mfa_configuration` to "OPTIONAL" or "ON".', production=True)
def customer_second_factor(pool: Resource) -> Findings:
    """Whoever reuses a password elsewhere is protected by a second factor only."""
    if pool.get("mfaConfiguration") in (None, "OFF"):
        yield "customers cannot use a second factor."


@on_each(USER_POOL, remedy='Set `deletion_protection="ACTIVE"`.', production=True)
def customers_survive_destroy(pool: Resource) -> Findings:
    """Passwords cannot be exported: a deleted pool is every customer's account lost."""
    if pool.get("deletionProtection") != "ACTIVE":
        yield "it can be deleted."


@on_each(
    POOL_CLIENT,
    remedy='Use the code flow, and set `prevent_user_existence_errors="ENABLED"`.',
)
def customer_client_discreet(client: Resource) -> Findings:
    """The implicit flow leaves tokens in the browser's history; plain errors tell who is a customer."""
    if "implicit" in (client.get("allowedOauthFlows") or ()):
        yield "it allows the implicit flow."
    if client.get("preventUserExistenceErrors") != "ENABLED":
        yield "its errors tell whether an account exists."


def _bounds(policy: Resource) -> bool:
    """Whether it is a boundary, which allows nothing by itself; its path says so."""
    return "/boundaries/" in str(policy.get("path"))


def _allowing(document: object) -> Iterator[Statement]:
    return (statement for statement in statements(document) if statement.allows)


def _subject_key(statement: Statement) -> str:
    """Cognito's identity pools are told apart by audience, every other provider's callers by subject."""
    return ":aud" if any("cognito-identity" in each for each in statement.federated) else ":sub"
