"""Deploys small things into the local AWS, as the Pulumi program does with large ones."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

from infra.instance.user_data import Bundle, Instance, user_data
from scripts.local.runtime.aws_client import Aws

BUCKET = "artifacts"

# Stands for granian: serves what it was told and who it is, and counts what it wrote at /fail.
SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        told = {"path": self.path, "environment": dict(os.environ), "flags": list(sys.argv[1:])}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

arguments = dict(zip(sys.argv[1:-1:2], sys.argv[2::2]))
ThreadingHTTPServer((arguments["--host"], int(arguments["--port"])), Handler).serve_forever()
"""
MIGRATES = "open('migrated', 'a').close()"
BROKEN = "raise SystemExit('migration 0002 is broken')"


def bundle(migrations: str = "") -> bytes:
    """Return an application bundle whose server is `SERVER` and whose migrations run this code."""
    files = {
        "app/__init__.py": "",
        "app/platform/__init__.py": "",
        "app/platform/migrations.py": migrations,
        "site-packages/granian/__init__.py": "",
        "site-packages/granian/__main__.py": SERVER,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def deploy_fleet(
    aws: Aws,
    group: str,
    *,
    content: bytes,
    checksum: str = "",
    parameters: Mapping[str, str] | None = None,
    size: int = 1,
    target_groups: tuple[str, ...] = (),
) -> None:
    """Deploy an auto-scaling group of `size` instances that run `content`, an application bundle."""
    s3, ssm = aws.client("s3"), aws.client("ssm")
    s3.create_bucket(Bucket=BUCKET)
    key = f"app/{group}.tar.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    path = f"/blueprint/test/{group}/"
    for name, value in (parameters or {}).items():
        ssm.put_parameter(Name=f"{path}{name}", Value=value, Type="String", Overwrite=True)
    artifact = Bundle(bucket=BUCKET, key=key, sha256=checksum or hashlib.sha256(content).hexdigest())
    instance = Instance(
        service="shop",
        region=aws.region,
        port=8080,
        artifact=artifact,
        parameters=path,
        group=group,
        health_path="/live",
        launch_hook=False,
        log=path,
    )
    template = launch_template(aws, group, user_data(instance))
    subnets = [subnet["SubnetId"] for subnet in aws.client("ec2").describe_subnets()["Subnets"]]
    aws.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        MinSize=size,
        MaxSize=4,
        VPCZoneIdentifier=",".join(subnets[:2]),
        TargetGroupARNs=list(target_groups),
    )


def launch_template(aws: Aws, name: str, encoded_user_data: str) -> str:
    """Deploy a launch template and return its id."""
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small", "UserData": encoded_user_data}
    answer: dict[str, Any] = aws.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=data
    )
    identifier: str = answer["LaunchTemplate"]["LaunchTemplateId"]
    return identifier


def delete_fleet(aws: Aws, group: str) -> None:
    aws.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)


def deploy_database(aws: Aws, identifier: str) -> None:
    """Deploy a PostgreSQL instance with the secret of its master user."""
    secret = {"username": "shop", "password": "s3cret", "dbInstanceIdentifier": identifier}
    aws.client("secretsmanager").create_secret(Name=identifier, SecretString=json.dumps(secret))
    aws.client("rds").create_db_instance(
        DBInstanceIdentifier=identifier,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="told-to-nobody",
        DBName="shop",
        AllocatedStorage=20,
    )


def deploy_load_balancer(aws: Aws, name: str) -> str:
    """Deploy a load balancer that forwards everything to a new target group, and return that one's ARN."""
    elb = aws.client("elbv2")
    subnets = aws.client("ec2").describe_subnets()["Subnets"]
    balancer = elb.create_load_balancer(
        Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets[:2]], Type="application"
    )["LoadBalancers"][0]
    group: str = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=8080, VpcId=subnets[0]["VpcId"], HealthCheckPath="/live"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    return group
