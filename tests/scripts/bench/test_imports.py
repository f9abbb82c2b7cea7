"""The reference of `imports` is what a module does with libraries, and nothing of the module's own."""

from pathlib import Path

from scripts.bench.imports import libraries

MODULE = '''
"""A module."""
from __future__ import annotations
import json
import os.path as paths
from typing import Any

import boto3
from lambdas.queues import Consumer
from aws_lambda_powertools import Logger

clients = {}
mailer = boto3.client("sesv2", config=clients)


class Lazy:
    def __init__(self) -> None:
        import gzip
        self.client = boto3.client("sqs")
'''


def test_imports_of_libraries_and_clients_of_aws_are_repeated_and_own_modules_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "module.py"
    path.write_text(MODULE, encoding="utf-8")

    assert list(libraries(path)) == [
        "import json",
        "import os.path as paths",
        "from typing import Any",
        "import boto3",
        "from aws_lambda_powertools import Logger",
        "import boto3; boto3.client('sesv2')",
        "import boto3; boto3.client('sqs')",
    ]
