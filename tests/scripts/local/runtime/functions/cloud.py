"""A local AWS and the runtime's parts around it, for tests that deploy tiny functions."""

import asyncio
import io
import textwrap
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from scripts.local import REGION
from scripts.local.aws import running
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.supervisor import Supervisor
from tests.waiting import INTERVAL, PATIENCE

BUCKET = "code"
SETTINGS: dict[str, Any] = {
    "Runtime": "python3.13",
    "Handler": "handler.handler",
    "Timeout": 30,
    "MemorySize": 256,
}
TRUST = '{"Version": "2012-10-17", "Statement": []}'


class Cloud:
    """The local AWS at `endpoint`, and the deploying side of it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.aws = Aws(endpoint, REGION)
        role = self.client("iam").create_role(RoleName="function", AssumeRolePolicyDocument=TRUST)
        self._role = role["Role"]["Arn"]

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return self.aws.client(service)

    def clear(self) -> None:
        """Delete what controllers would find: functions, mappings and APIs."""
        functions, gateway = self.client("lambda"), self.client("apigatewayv2")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.delete_event_source_mapping(UUID=mapping["UUID"])
        for function in functions.list_functions()["Functions"]:
            functions.delete_function(FunctionName=function["FunctionName"])
        for api in gateway.get_apis()["Items"]:
            gateway.delete_api(ApiId=api["ApiId"])

    def deploy_function(self, name: str, source: str | dict[str, str], **settings: Any) -> str:
        """Deploy `handler.py`, or the files of a dictionary, and return the function's ARN."""
        upload = self._upload(name, source)
        answer = self.client("lambda").create_function(
            **{"FunctionName": name, "Role": self._role, "Code": upload, **SETTINGS, **settings}
        )
        return str(answer["FunctionArn"])

    def update_code(self, name: str, source: str | dict[str, str]) -> None:
        """Deploy other code for a function."""
        self.client("lambda").update_function_code(FunctionName=name, **self._upload(f"{name}-next", source))

    def _upload(self, name: str, source: str | dict[str, str]) -> dict[str, str]:
        files = {"handler.py": source} if isinstance(source, str) else source
        key = f"{name}/code.zip"
        self.client("s3").create_bucket(Bucket=BUCKET)
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=pack(files))
        return {"S3Bucket": BUCKET, "S3Key": key}


@contextmanager
def local_cloud() -> Iterator[Cloud]:
    """Run a local AWS."""
    with running() as endpoint:
        yield Cloud(endpoint)


@asynccontextmanager
async def runtime_context(cloud: Cloud, state: Path) -> AsyncIterator[Context]:
    """Give the parts that controllers share; at the end stop every process and forget what was deployed."""
    context = Context(
        aws=Aws(cloud.endpoint, REGION),
        supervisor=Supervisor(state),
        addresses=Addresses(cloud.endpoint),
        ports=Ports(),
        state=state,
    )
    try:
        yield context
    finally:
        await context.supervisor.stop_all()
        cloud.clear()


@asynccontextmanager
async def closing_functions(context: Context) -> AsyncIterator[Functions]:
    """Give a controller of functions that has not reconciled."""
    functions = Functions(context)
    try:
        yield functions
    finally:
        await functions.close()


@asynccontextmanager
async def running_functions(context: Context) -> AsyncIterator[Functions]:
    """Give a controller of functions that has made all that are deployed healthy."""
    async with closing_functions(context) as functions:
        await reconcile(functions)
        yield functions


async def reconcile(functions: Functions) -> None:
    """Reconcile until every function is healthy."""
    deadline = time.monotonic() + PATIENCE
    while not await functions.reconcile():
        assert time.monotonic() < deadline, "the functions did not become healthy"
        await asyncio.sleep(INTERVAL)


def pack(files: dict[str, str]) -> bytes:
    """Return a zip with these files; scripts are executable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o755 if text.startswith("#!") else 0o644) << 16
            archive.writestr(member, textwrap.dedent(text))
    return buffer.getvalue()
