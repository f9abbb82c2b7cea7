"""Cases of the policies on who may do what."""

import json
from typing import Any

from infra.policies.identity import ACCESS_KEY, ATTACHMENT, POLICY, POOL_CLIENT, ROLE_POLICY
from infra.policies.resource_types import BUCKET_POLICY, KEY, PERMISSION, QUEUE_POLICY, ROLE, USER_POOL
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import Given, given

GITHUB = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "token.actions.githubusercontent.com:sub"
AUDIENCE = "token.actions.githubusercontent.com:aud"


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def role_policy(**statement: Any) -> Given:
    return given(ROLE_POLICY, policy=document(**statement))


def trusting(principal: Any, **condition: Any) -> Given:
    action = "sts:AssumeRole"
    return given(ROLE, assumeRolePolicy=document(Action=action, Principal=principal, Condition=condition))


CASES = {
    "actions-named": Case(
        keeps=[
            role_policy(Action=["s3:GetObject", "s3:List*"], Resource="arn:aws:s3:::site/*"),
            given(POLICY, policy='{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'),
        ],
        breaks={
            "it allows `s3:*`.": role_policy(Action="s3:*", Resource="arn:aws:s3:::site/*"),
            "it allows `s3:Get*`.": role_policy(Action="s3:Get*", Resource="arn:aws:s3:::site/*"),
            "it allows `*`.": given(POLICY, policy=document(Action="*", Resource="arn:aws:s3:::site")),
            "it allows everything but `iam:CreateUser`.": role_policy(
                NotAction="iam:CreateUser", Resource="arn:aws:s3:::site"
            ),
        },
    ),
    "resources-named": Case(
        keeps=[
            role_policy(Action="s3:GetObject", Resource="arn:aws:s3:::site/*"),
            role_policy(Action="ssmmessages:OpenDataChannel", Resource="*"),
            role_policy(Action="ec2:DescribeSubnets", Resource="*"),
            role_policy(
                Action="ses:SendEmail",
                Resource="*",
                Condition={"StringEquals": {"ses:FromAddress": "shop@example.com"}},
            ),
        ],
        breaks={
            "it allows `s3:GetObject` on every resource.": role_policy(Action="s3:GetObject", Resource=["*"]),
            "it allows `sqs:SendMessage` on every resource.": role_policy(
                Action="sqs:SendMessage",
                Resource="arn:aws:sqs:us-east-1:123456789012:*",
                Condition={"Bool": {"aws:SecureTransport": "true"}},
            ),
        },
    ),
    "managed-policies-narrow": Case(
        keeps=[
            given(
                ATTACHMENT,
                policyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
            ),
            given(ROLE, managedPolicyArns=[]),
        ],
        breaks={
            "it attaches `AdministratorAccess`.": given(
                ATTACHMENT, policyArn="arn:aws:iam::aws:policy/AdministratorAccess"
            ),
            "it attaches `AmazonS3FullAccess`.": given(
                ROLE, managedPolicyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
            ),
        },
    ),
    "trust-named": Case(
        keeps=[
            trusting({"Service": "lambda.amazonaws.com"}),
            trusting({"AWS": "arn:aws:iam::123456789012:role/deployer"}),
        ],
        breaks={
            "everybody may take it on.": trusting("*"),
            "everybody may take it on. ": trusting({"AWS": ["arn:aws:iam::*:root"]}),
        },
    ),
    "trust-of-pipelines": Case(
        keeps=[
            trusting({"Service": "ec2.amazonaws.com"}),
            trusting(
                {"Federated": GITHUB},
                StringEquals={SUBJECT: "repo:owner/shop:environment:prod", AUDIENCE: "sts.amazonaws.com"},
            ),
            trusting(
                {"Federated": "cognito-identity.amazonaws.com"},
                StringEquals={"cognito-identity.amazonaws.com:aud": "us-east-1:pool"},
            ),
        ],
        breaks={
            "everybody whom the identity provider knows may take it on.": trusting(
                {"Federated": GITHUB}, StringEquals={AUDIENCE: "sts.amazonaws.com"}
            ),
            "everybody whom the identity provider knows may take it on. ": trusting(
                {"Federated": GITHUB}, StringLike={SUBJECT: "*"}
            ),
        },
    ),
    "no-users": Case(
        keeps=[given(ROLE)],
        breaks={"subject is or belongs to an IAM user.": given(ACCESS_KEY, user="robot")},
    ),
    "resource-policies-closed": Case(
        keeps=[
            given(
                BUCKET_POLICY,
                policy=document(
                    Action="s3:GetObject", Principal={"Service": "cloudfront.amazonaws.com"}, Resource="*"
                ),
            ),
            given(
                QUEUE_POLICY,
                policy=document(
                    Action="sqs:SendMessage",
                    Principal="*",
                    Resource="*",
                    Condition={"ArnEquals": {"aws:SourceArn": "arn"}},
                ),
            ),
            given(KEY),
        ],
        breaks={
            "it allows everybody s3:GetObject.": given(
                BUCKET_POLICY, policy=document(Action="s3:GetObject", Principal="*", Resource="*")
            ),
            "it allows everybody kms:Decrypt, kms:Encrypt.": given(
                KEY,
                policy=document(
                    Action=["kms:Decrypt", "kms:Encrypt"],
                    Principal={"AWS": "*"},
                    Resource="*",
                    Condition={"Bool": {"aws:SecureTransport": "true"}},
                ),
            ),
        },
    ),
    "function-callers-named": Case(
        keeps=[
            given(PERMISSION, principal="apigateway.amazonaws.com", sourceArn="arn"),
            given(PERMISSION, principal="123456789012"),
        ],
        breaks={
            "`s3.amazonaws.com` may call the function for anybody.": given(
                PERMISSION, principal="s3.amazonaws.com"
            )
        },
    ),
    "customer-passwords": Case(
        keeps=[given(USER_POOL, passwordPolicy={"minimumLength": 12})],
        breaks={"it takes passwords of 8 characters.": given(USER_POOL)},
    ),
    "customer-second-factor": Case(
        keeps=[given(USER_POOL, mfaConfiguration="OPTIONAL")],
        breaks={"customers cannot use a second factor.": given(USER_POOL, mfaConfiguration="OFF")},
    ),
    "customers-survive-destroy": Case(
        keeps=[given(USER_POOL, deletionProtection="ACTIVE")],
        breaks={"it can be deleted.": given(USER_POOL)},
    ),
    "customer-client-discreet": Case(
        keeps=[given(POOL_CLIENT, allowedOauthFlows=["code"], preventUserExistenceErrors="ENABLED")],
        breaks={
            "it allows the implicit flow.": given(
                POOL_CLIENT, allowedOauthFlows=["implicit"], preventUserExistenceErrors="ENABLED"
            ),
            "its errors tell whether an account exists.": given(POOL_CLIENT, allowedOauthFlows=["code"]),
        },
    ),
}
