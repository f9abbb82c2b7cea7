"""The deployed functions: what Lambda says of them, and their code."""

import base64
import hashlib
import io
import stat
import urllib.parse
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from botocore.exceptions import ClientError

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.unpacked import Unpacked

# Processes of a function without reserved concurrency. AWS would start up to 1,000; a laptop has a few cores.
DEFAULT_CONCURRENCY = 4


@dataclass(frozen=True, kw_only=True)
class DeployedFunction:
    """A function as `GetFunction` describes it.

    `memory` in MB; `timeout` in seconds; `checksum` is the base64 SHA-256 of the zip, `location` its address.
    """

    name: str
    arn: str
    role: str
    runtime: str
    handler: str
    memory: int
    timeout: int
    checksum: str
    location: str
    variables: Mapping[str, str]
    concurrency: int

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `GetFunction`.

        Raises `LocalRuntimeError` for a function that is no zip of Python.
        """
        configuration = answer["Configuration"]
        name, runtime = configuration["FunctionName"], configuration.get("Runtime") or "a container image"
        if not runtime.startswith("python"):
            raise LocalRuntimeError(
                f"Function {name} runs {runtime}, and this machine only runs zips of Python. Deploy it with a"
                " runtime of Python, or leave it out of this stack."
            )
        reserved = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        return cls(
            name=name,
            arn=configuration["FunctionArn"],
            role=configuration["Role"],
            runtime=runtime,
            handler=configuration["Handler"],
            memory=configuration["MemorySize"],
            timeout=configuration["Timeout"],
            checksum=configuration["CodeSha256"],
            location=answer.get("Code", {}).get("Location", ""),
            variables=configuration.get("Environment", {}).get("Variables", {}),
            concurrency=reserved or DEFAULT_CONCURRENCY,
        )


def unpack(function: DeployedFunction, aws: Aws, unpacked: Unpacked) -> Path:
    """Return where the function's code lies unpacked; fetched once a checksum. Blocks.

    Raises `LocalRuntimeError` when no object has the code, or what it has is no zip.
    """
    checksum = base64.b64decode(function.checksum).hex()[:16]  # short: tracebacks are full of paths
    found = unpacked.find(checksum)
    if found is not None:
        return found
    archive = _download(function, aws)
    try:
        return unpacked.add(checksum, partial(_extract, archive))
    except zipfile.BadZipFile as error:
        raise LocalRuntimeError(
            f"The code of function {function.name} is no zip ({error}). Build it again with"
            " `blueprint build` and deploy."
        ) from error


def _download(function: DeployedFunction, aws: Aws) -> bytes:
    """Find the code by its key: of its S3 location, Lambda tells the key and keeps the bucket to itself.

    `Code.Location` is an address in Lambda's own bucket, which the local AWS lacks. The checksum decides.
    """
    key = urllib.parse.unquote(urllib.parse.urlsplit(function.location).path.lstrip("/"))
    s3 = aws.client("s3")
    others = []
    for bucket in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]) if key else ():
        try:
            body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in {403, 404}:
                raise
        else:
            if base64.b64encode(hashlib.sha256(body).digest()).decode() == function.checksum:
                return body
            others.append(f"{bucket}/{key}")
    seen = f"{', '.join(others)} has another checksum" if others else f"no bucket has an object {key!r}"
    raise LocalRuntimeError(
        f"The code of function {function.name} with SHA-256 {function.checksum} cannot be found: {seen}."
        " Deploy it from an object in S3, and deploy again after that object changed."
    )


def _extract(archive: bytes, folder: Path) -> None:
    """Unpack with the permissions that the archive records: a function may bring a program along."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        for member in content.infolist():
            path = Path(content.extract(member, folder))
            mode = member.external_attr >> 16
            if mode & stat.S_IXUSR and path.is_file():
                path.chmod(0o755)
