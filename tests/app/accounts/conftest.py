"""The shop of these tests keeps its accounts in a user pool of the local AWS."""

import pytest

from tests.app.pool import Pool


@pytest.fixture(scope="module")
def pool(aws_variables: dict[str, str]) -> Pool:
    """A user pool for the tests of a module; each has accounts of its own."""
    return Pool(aws_variables)


@pytest.fixture
def variables(variables: dict[str, str], pool: Pool, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The shop's environment, which leads to that pool."""
    return variables | pool.used(monkeypatch)
