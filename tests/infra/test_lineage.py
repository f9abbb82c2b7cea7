"""Under another name, the project's resources are found by the URNs that they had."""

import pulumi
import pulumi_aws as aws

from infra import lineage
from scripts.evaluation.recorder import Recording, record


class Part(pulumi.ComponentResource):
    """A component that holds a queue, and maybe another component."""

    def __init__(
        self, name: str, inner: str | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("new:events:Part", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.sqs.Queue(name, opts=child)
        if inner:
            Part(inner, opts=child)


def recorded(*former_names: str) -> Recording:
    def program() -> None:
        lineage.keep_resources("new", former_names)
        aws.sqs.Queue("alone")
        Part("outer", "inner")

    return record(program, project="new", stack="dev")


QUEUE = "aws:sqs/queue:Queue"


def test_a_project_that_was_never_renamed_has_no_aliases() -> None:
    assert not [it.name for it in recorded().resources.values() if it.aliases]


def test_a_child_is_found_by_every_type_above_it() -> None:
    assert recorded("old").one(QUEUE, "inner").aliases == {
        f"urn:pulumi:dev::new::old:events:Part$old:events:Part${QUEUE}::inner",
        f"urn:pulumi:dev::old::old:events:Part$old:events:Part${QUEUE}::inner",
    }


def test_a_component_is_found_by_its_own_former_type() -> None:
    assert recorded("old").one("new:events:Part", "outer").aliases == {
        "urn:pulumi:dev::new::old:events:Part::outer",
        "urn:pulumi:dev::old::old:events:Part::outer",
    }


def test_what_stands_alone_changes_its_project_only() -> None:
    assert recorded("old").one(QUEUE, "alone").aliases == {f"urn:pulumi:dev::old::{QUEUE}::alone"}


def test_every_former_name_is_remembered() -> None:
    projects = {urn.split("::")[1] for urn in recorded("first", "second").one(QUEUE, "alone").aliases}
    assert projects == {"first", "second"}
