"""What was reviewed is what is so: permissions, reachability and trust, with every option switched on."""

import pytest

from scripts.evaluation.recorder import Recording
from tests.infra.tables import TABLES, read


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_as_it_was_reviewed(name: str, everything: Recording) -> None:
    command = "run `python -m tests.infra.tables` and review the difference"
    assert TABLES[name](everything) == read(name), command


def test_every_role_is_in_the_tables(everything: Recording) -> None:
    roles = {it.inputs["name"] for it in everything.of("iam/role:Role")}
    assert read("trust").keys() == roles
    assert read("permissions").keys() == roles, "a role without permissions has no purpose"
