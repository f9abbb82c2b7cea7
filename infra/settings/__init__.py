"""Every setting of a stack, typed and checked before any resource exists.

A stack's settings stand in `Pulumi.<stack>.yaml` below the project's name, on top of those of its preset.
`Settings.load` reads them where Pulumi runs the program; `Settings.parse` reads a plain dictionary and needs
no Pulumi. Both raise one `SettingsError` that names every problem at once: first what a field forbids by
itself (here, a module for each area), and once the fields are sound, what they forbid each other
(`infra/rules/`).

Fields without a default take it from the preset.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, Self

import pulumi
from pulumi.runtime import config as pulumi_config
from pydantic import Field, ValidationError

from infra import rules
from infra.errors import SettingsError
from infra.reference import problem_of
from infra.settings.analytics import Kafka, Lake, Spark
from infra.settings.compute import Compute, Services
from infra.settings.data import Cache, Database, Tables
from infra.settings.edge import Cdn, Domain, Gateway, Identity, Waf
from infra.settings.events import Bus, Queues, Streams
from infra.settings.functions import Functions
from infra.settings.network import LoadBalancer, Network
from infra.settings.operations import Operations
from infra.settings.pipeline import Pipeline
from infra.settings.presets import Preset, with_preset
from infra.settings.protection import Backups, Encryption, SecondRegion
from infra.settings.section import Email, Section

NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""Project and stack begin every physical name: RDS, for one, forbids two hyphens in a row."""


class Settings(Section):
    """A whole stack."""

    project: str = Field(
        pattern=NAME, max_length=40, examples=["blueprint"], description="The Pulumi project's name."
    )
    stack: str = Field(pattern=NAME, max_length=20, examples=["dev"], description="The stack's name.")
    region: str = Field(
        pattern=r"^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d$",
        examples=["eu-central-1"],
        description="AWS region, of the commercial partition.",
    )
    preset: Preset = Field(
        description="The rung of the ladder whose values hold unless the stack sets its own."
    )
    stage: Literal["dev", "staging", "prod"] = Field(
        description="prod refuses to be destroyed and insists on redundancy; the others go at the first try."
    )
    emulator: bool = Field(
        default=False, description="The endpoint is not AWS but something that answers like it."
    )
    architecture: Literal["arm64", "x86_64"] = Field("arm64", description="CPU of instances and functions.")
    artifacts: Literal["arm64", "x86_64", "local"] | None = Field(
        None, description="Folder below dist/ that holds what is deployed; unset is the architecture's."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    log_retention_days: Literal[1, 3, 7, 14, 30, 90, 180, 365] = Field(
        14, description="Days that logs are kept."
    )
    alarm_email: Email | None = Field(None, description="Who hears of alarms; must confirm a subscription.")
    email_sender: Email = Field(
        "shop@example.com", description="Sender of mail to customers, verified in SES."
    )
    former_name: str | None = Field(
        None,
        pattern=NAME,
        max_length=40,
        examples=["blueprint"],
        description="The project's name when this stack was first deployed, which its physical names keep.",
    )
    tags: dict[str, str] = Field(
        {}, description="Tags on every resource, beside those that the program sets."
    )
    network: Network
    load_balancer: LoadBalancer
    compute: Compute = Field(Compute(ami=None), description="What all instances have in common.")
    services: Services = Field(
        min_length=1, description="Services by name: one is a monolith. null removes one of the preset."
    )
    database: Database
    cache: Cache
    tables: Tables
    queues: Queues
    bus: Bus
    streams: Streams
    lake: Lake
    spark: Spark
    kafka: Kafka
    functions: Functions
    operations: Operations
    pipeline: Pipeline = Pipeline()
    encryption: Encryption
    backups: Backups
    second_region: SecondRegion
    domain: Domain = Domain()
    waf: Waf
    cdn: Cdn
    gateway: Gateway = Gateway()
    identity: Identity = Identity()

    @property
    def source(self) -> str:
        """The file that the settings stand in."""
        return f"Pulumi.{self.stack}.yaml"

    @property
    def prefix(self) -> str:
        """What physical names begin with, before the stack."""
        return self.former_name or self.project

    @property
    def protect(self) -> bool:
        """Whether data must outlive a `destroy`."""
        return self.stage == "prod"

    @property
    def platform(self) -> str:
        """The folder below dist/ that holds the artifacts to deploy."""
        return self.artifacts or self.architecture

    @classmethod
    def parse(cls, config: Mapping[str, Any], *, project: str, stack: str, region: str | None) -> Self:
        """The settings in `config`, a stack's config without the project's prefix.

        Raises:
            SettingsError: something in it cannot work; every such thing is named.
        """
        source = f"Pulumi.{stack}.yaml"
        values = {**with_preset(config), "project": project, "stack": stack, "region": region}
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            problems = [problem_of(cls, detail) for detail in error.errors(include_url=False)]
            raise SettingsError(source, problems, project) from None
        if problems := rules.problems(settings):
            raise SettingsError(source, problems, project)
        return settings

    @classmethod
    def load(cls) -> Self:
        """The settings of the stack that Pulumi is running.

        Raises:
            SettingsError: as in `parse`.
        """
        project = pulumi.get_project()
        # pulumi.Config reads a key that one knows; refusing one that nobody knows takes the whole list.
        config = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
        prefix = f"{project}:"
        own = {
            key.removeprefix(prefix): _decoded(value)
            for key, value in config.items()
            if key.startswith(prefix)
        }
        return cls.parse(own, project=project, stack=pulumi.get_stack(), region=config.get("aws:region"))


def _decoded(value: object) -> object:
    """Pulumi hands structured values over as JSON text, and plain ones as they are."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
