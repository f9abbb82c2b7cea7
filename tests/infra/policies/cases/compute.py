"""Cases of the policies on instances, groups and functions."""

import base64
import gzip

from infra.policies.compute import FUNCTION_URL, INVOKE_CONFIG, KEY_PAIR, VOLUME
from infra.policies.resource_types import (
    AUTO_SCALING_GROUP,
    FUNCTION,
    INSTANCE,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    PERMISSION,
)
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import given

ROOT = "/dev/xvda"
SCRIPT = b"#!/bin/sh\nDATABASE_PASSWORD=hunter2\n"


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


CASES = {
    "metadata-service-v2": Case(
        keeps=[
            given(LAUNCH_TEMPLATE, metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1}),
            given(INSTANCE, metadataOptions={"httpEndpoint": "disabled"}),
        ],
        breaks={
            "its metadata service answers without a token.": given(
                LAUNCH_TEMPLATE, metadataOptions={"httpTokens": "optional", "httpPutResponseHopLimit": 1}
            ),
            "its metadata service answers further than one hop away.": given(
                INSTANCE, metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 2}
            ),
        },
    ),
    "template-volumes-encrypted": Case(
        keeps=[
            given(LAUNCH_TEMPLATE, blockDeviceMappings=[{"deviceName": ROOT, "ebs": {"encrypted": "true"}}])
        ],
        breaks={
            "it maps no volume, so the image decides whether the root volume is encrypted.": given(
                LAUNCH_TEMPLATE, imageId="ami-1"
            ),
            "its volume /dev/xvda is not encrypted.": given(
                LAUNCH_TEMPLATE, blockDeviceMappings=[{"deviceName": ROOT, "ebs": {"volumeSize": 8}}]
            ),
        },
    ),
    "volumes-encrypted": Case(
        keeps=[given(VOLUME, encrypted=True), given(INSTANCE, rootBlockDevice={"encrypted": True})],
        breaks={
            "its volume is not encrypted.": given(VOLUME, size=10),
            "/dev/sdf is not encrypted.": given(
                INSTANCE,
                rootBlockDevice={"encrypted": True},
                ebsBlockDevices=[{"deviceName": "/dev/sdf", "encrypted": False}],
            ),
        },
    ),
    "instance-types-allowed": Case(
        keeps=[
            given(LAUNCH_TEMPLATE, instanceType="t4g.small"),
            given(LAUNCH_TEMPLATE, instanceType="m7g.2xlarge"),
            given(AUTO_SCALING_GROUP, minSize=1),
        ],
        breaks={
            "`m7g.metal` is not an allowed type.": given(LAUNCH_TEMPLATE, instanceType="m7g.metal"),
            "`p5.48xlarge` is not an allowed type.": given(
                AUTO_SCALING_GROUP,
                mixedInstancesPolicy={
                    "launchTemplate": {
                        "overrides": [{"instanceType": "c7g.large"}, {"instanceType": "p5.48xlarge"}]
                    }
                },
            ),
        },
    ),
    "instance-addresses-private": Case(
        keeps=[
            given(LAUNCH_TEMPLATE, networkInterfaces=[{"associatePublicIpAddress": "false"}]),
            given(
                LAUNCH_TEMPLATE,
                "urn:pulumi:prod::shop::blueprint:network:ForwardProxy$aws:ec2/launchTemplate:LaunchTemplate::p",
                networkInterfaces=[{"associatePublicIpAddress": "true"}],
            ),
        ],
        breaks={
            "it gets a public address.": given(
                LAUNCH_TEMPLATE, networkInterfaces=[{"associatePublicIpAddress": "true"}]
            )
        },
    ),
    "no-ssh-keys": Case(
        keeps=[given(LAUNCH_TEMPLATE), given(INSTANCE)],
        breaks={
            "it is a key for SSH.": given(KEY_PAIR, publicKey="ssh-ed25519 AAAA"),
            "it lets the holder of key `ops` in.": given(LAUNCH_TEMPLATE, keyName="ops"),
        },
    ),
    "user-data-without-secrets": Case(
        keeps=[
            given(LAUNCH_TEMPLATE, userData=text(b"#cloud-config\nruncmd:\n- /usr/local/sbin/boot\n")),
            given(INSTANCE, userData="#!/bin/sh\nDATABASE_SECRET_ARN=arn:aws:secretsmanager:x\n"),
            given(INSTANCE, userData="#!/bin/sh\nexport PASSWORD=$(fetch)\n"),
            given(LAUNCH_TEMPLATE),
        ],
        breaks={
            "user data: it gives DATABASE_PASSWORD a value.": given(LAUNCH_TEMPLATE, userData=text(SCRIPT)),
            "user data: it holds an AWS access key.": given(INSTANCE, userData="k AKIAIOSFODNN7EXAMPLE"),
            "user data: it gives DATABASE_PASSWORD a value. ": given(
                INSTANCE, userDataBase64=text(gzip.compress(SCRIPT))
            ),
        },
    ),
    "template-version-fixed": Case(
        keeps=[given(AUTO_SCALING_GROUP, launchTemplate={"id": "lt-1", "version": "7"})],
        breaks={
            "it starts version $Latest of its template.": given(
                AUTO_SCALING_GROUP, launchTemplate={"id": "lt-1", "version": "$Latest"}
            ),
            "it starts version $Default of its template.": given(
                AUTO_SCALING_GROUP,
                mixedInstancesPolicy={
                    "launchTemplate": {"launchTemplateSpecification": {"launchTemplateId": "lt-1"}}
                },
            ),
        },
    ),
    "group-asks-load-balancer": Case(
        keeps=[
            given(AUTO_SCALING_GROUP, minSize=1),
            given(
                AUTO_SCALING_GROUP,
                targetGroupArns=["arn"],
                healthCheckType="ELB",
                healthCheckGracePeriod=300,
            ),
        ],
        breaks={
            "it keeps instances that the load balancer finds unhealthy.": given(
                AUTO_SCALING_GROUP, targetGroupArns=["arn"]
            ),
            "it ends instances that are still starting.": given(
                AUTO_SCALING_GROUP, targetGroupArns=["arn"], healthCheckType="ELB", healthCheckGracePeriod=0
            ),
        },
    ),
    "group-spans-zones": Case(
        keeps=[
            given(AUTO_SCALING_GROUP, maxSize=4, vpcZoneIdentifiers=["subnet-1", "subnet-2"]),
            given(AUTO_SCALING_GROUP, maxSize=1, vpcZoneIdentifiers=["subnet-1"]),
        ],
        breaks={
            "all of its instances are in one subnet.": given(
                AUTO_SCALING_GROUP, maxSize=4, vpcZoneIdentifiers=["subnet-1"]
            )
        },
    ),
    "function-environment-without-secrets": Case(
        keeps=[
            given(FUNCTION, environment={"variables": {"DATABASE_SECRET_ARN": "arn:aws:secretsmanager:x"}}),
            given(FUNCTION, environment={"variables": {"TOKEN": "/shop/token", "LOG_LEVEL": "INFO"}}),
            given(FUNCTION),
        ],
        breaks={
            "variable DATABASE_PASSWORD: its name says that it is secret.": given(
                FUNCTION, environment={"variables": {"DATABASE_PASSWORD": "hunter2"}}
            ),
            "variable DATABASE_URL: it holds a password in an address.": given(
                FUNCTION, environment={"variables": {"DATABASE_URL": "postgres://shop:hunter2@db/shop"}}
            ),
            "variable SEED: it looks like a generated secret.": given(
                FUNCTION, environment={"variables": {"SEED": "wJalrXUtnFEMI7K8MDENGbPxRfiCYzEXAMPLEKEY"}}
            ),
        },
    ),
    "function-runtime-maintained": Case(
        keeps=[given(FUNCTION, runtime="python3.13"), given(FUNCTION, packageType="Image")],
        breaks={"`python3.8` is not a maintained runtime.": given(FUNCTION, runtime="python3.8")},
    ),
    "function-url-authenticated": Case(
        keeps=[given(FUNCTION_URL, authorizationType="AWS_IAM")],
        breaks={"everybody may call it.": given(FUNCTION_URL, authorizationType="NONE")},
    ),
    "function-log-group": Case(
        keeps=[
            [given(FUNCTION, name="shop"), given(LOG_GROUP, "log", name="/aws/lambda/shop")],
            [
                given(FUNCTION, name="shop", loggingConfig={"logGroup": "/shop"}),
                given(LOG_GROUP, "log", name="/shop"),
            ],
        ],
        breaks={
            "the stack has no log group `/aws/lambda/shop`.": [
                given(FUNCTION, name="shop"),
                given(LOG_GROUP, "log", name="/aws/lambda/another"),
            ]
        },
    ),
    "asynchronous-function-destination": Case(
        keeps=[
            given(FUNCTION),
            [
                given(FUNCTION),
                given(PERMISSION, "api", function="subject-id", principal="apigateway.amazonaws.com"),
            ],
            [
                given(FUNCTION, deadLetterConfig={"targetArn": "arn"}),
                given(PERMISSION, "events", function="subject-id", principal="events.amazonaws.com"),
            ],
            [
                given(FUNCTION),
                given(PERMISSION, "events", uses={"function": ["subject"]}, principal="events.amazonaws.com"),
                given(
                    INVOKE_CONFIG,
                    "config",
                    uses={"functionName": ["subject"]},
                    destinationConfig={"onFailure": {"destination": "arn"}},
                ),
            ],
        ],
        breaks={
            "events that it fails on are lost.": [
                given(FUNCTION),
                given(PERMISSION, "events", function="subject-id", principal="events.amazonaws.com"),
            ]
        },
    ),
}
