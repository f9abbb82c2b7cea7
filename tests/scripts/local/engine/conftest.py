"""One local AWS for all the tests of this folder, and small programs to deploy into it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from scripts.local.aws import running
from scripts.local.engine import Deployment, deploy
from tests.scripts.local.aws.clients import clients_of

Deploy = Callable[..., Deployment]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A local AWS."""
    with running() as address:
        yield address


@pytest.fixture(scope="session")
def aws(endpoint: str) -> Callable[[str], Any]:
    """Clients of the local AWS by the name of a service."""
    return clients_of(endpoint)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a project called `shop` with the stacks `local` and `other`, and no program yet."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nmain: infra/\nruntime: python\n")
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    (tmp_path / "Pulumi.other.yaml").write_text("config: {}\n")
    (tmp_path / "infra").mkdir()
    return tmp_path


@pytest.fixture
def deployed(project: Path, endpoint: str) -> Deploy:
    """A function that deploys the text of a program."""

    def run(program: str, **options: Any) -> Deployment:
        imports = "import pulumi\nimport pulumi_aws as aws\nimport pulumi_random as random\n"
        (project / "infra" / "__main__.py").write_text(imports + dedent(program))
        return deploy(**{"stack": "local", "root": project, "endpoint": endpoint, **options})

    return run
