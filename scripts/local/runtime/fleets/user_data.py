"""The user data of an instance, read as what it tells the instance to become.

It is a cloud-init document that writes `/etc/blueprint/instance.json` and the service's systemd unit. The
steps of its boot script are done in Python here.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets import systemd

INSTANCE = "/etc/blueprint/instance.json"
UNITS = "/etc/systemd/system"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An object in S3, and the SHA-256 (hexadecimal) that it must have."""

    bucket: str
    key: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Description:
    """What an instance is to become: a service at a port, from an artifact, with parameters below a path."""

    service: str
    port: int
    artifact: Artifact
    parameters: str
    unit: systemd.Unit


def read(encoded: str, origin: str) -> Description:
    """Read base64 user data; `origin` names where it comes from in the `LocalRuntimeError` of a bad one."""
    try:
        files = _files(yaml.safe_load(base64.b64decode(encoded, validate=True)))
        document = json.loads(files[INSTANCE])
        return Description(
            service=document["service"],
            port=int(document["port"]),
            artifact=Artifact(**document["artifact"]),
            parameters=document["parameters"],
            unit=systemd.parse(files[f"{UNITS}/{document['service']}.service"]),
        )
    except (binascii.Error, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise LocalRuntimeError(
            f"The user data of {origin} cannot be followed on this machine: {type(error).__name__}: {error}."
            f" It must be a #cloud-config that writes {INSTANCE} (service, port, artifact, parameters) and"
            f" the service's unit in {UNITS}."
        ) from error


def _files(document: object) -> Mapping[str, str]:
    if not isinstance(document, dict):
        raise TypeError("it is no mapping")
    return {file["path"]: file["content"] for file in document["write_files"]}
