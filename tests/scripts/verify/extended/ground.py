"""What the resources of every extension stand on."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

REGION, OTHER = "us-east-1", "us-west-2"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the others stand on."""

    role: aws.iam.Role
    subnets: list[aws.ec2.Subnet]
    group: aws.ec2.SecurityGroup
    topic: aws.sns.Topic
    code: aws.s3.BucketObjectv2
    west: aws.Provider

    @classmethod
    def laid(cls) -> "Ground":
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
        vpc = aws.ec2.Vpc("ground", cidr_block="10.0.0.0/16")
        bucket = aws.s3.Bucket("ground", bucket="ground-of-extensions", force_destroy=True)
        return cls(
            role=aws.iam.Role("ground", name="ground", assume_role_policy=json.dumps({"Statement": [trust]})),
            subnets=[
                aws.ec2.Subnet(
                    f"ground-{zone}",
                    vpc_id=vpc.id,
                    cidr_block=f"10.0.{number}.0/24",
                    availability_zone=f"{REGION}{zone}",
                )
                for number, zone in enumerate("ab")
            ],
            group=aws.ec2.SecurityGroup("ground", vpc_id=vpc.id, description="ground"),
            topic=aws.sns.Topic("ground", name="ground"),
            code=aws.s3.BucketObjectv2("ground", bucket=bucket.bucket, key="code.zip", content="code"),
            west=aws.Provider("west", region=OTHER),
        )

    @property
    def subnet_ids(self) -> list[pulumi.Output[str]]:
        return [it.id for it in self.subnets]


Maker = Callable[[Ground, str, pulumi.ResourceOptions], object]
"""Registers what shows that an extension does what the provider wants of it, under a name."""
