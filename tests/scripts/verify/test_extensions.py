"""What our extensions add to moto is what the real provider wants: it makes, reads and destroys it."""

import pytest

from scripts.evaluation.recorder import record
from scripts.evaluation.stack import Evaluation
from scripts.local.aws.extensions import EXTENSIONS
from scripts.terraform.configuration import Configuration
from scripts.terraform.export import Export
from scripts.terraform.placeholders import Placeholders
from scripts.verify.errors import VerifyError
from scripts.verify.report import Verdict
from scripts.verify.terraform import require
from scripts.verify.verification import Verification
from tests.infra.stacks import DEV, parse
from tests.scripts.verify.extended import MAKERS, program

NO_RESOURCES = {
    "browser_uploads",
    "cache_failovers",
    "database_failovers",
    "database_restores",
    "deep_queues",
    "departures",
    "event_replays",
    "instance_refreshes",
    "instance_zones",
    "launch_template_versions",
    "long_polling",
    "metric_data",
    "parsed_paths",
    "password_policies",
    "starting_times",
    "suspended_versions",
    "transaction_backups",
    "transcripts",
    "uploads_in_parts",
    "user_pool_accounts",
}
"""What others notice than the provider: browsers that upload, instances that come and go, readers of queues,
streams and metrics, who empties a bucket, who waits for subtitles, who replays events, and who signs in."""


def an_export() -> Export:
    placeholders = Placeholders()
    recording = record(program, mocks=placeholders)
    evaluation = Evaluation(config={}, settings=parse(DEV), recording=recording, built=False)
    return Export(evaluation=evaluation, configuration=Configuration.of(recording, placeholders))


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """What the provider says; minutes, nearly all of which it waits."""
    try:
        require()
        return Verification(
            subject="extensions",
            export=an_export(),
            folder=tmp_path_factory.mktemp("extensions"),
            on_progress=lambda *_: None,
        ).run()
    except VerifyError as error:
        pytest.skip(str(error))


def test_every_extension_is_shown_to_the_provider() -> None:
    modules = {it.__name__.rpartition(".")[2] for it in EXTENSIONS}
    assert MAKERS.keys() | NO_RESOURCES == modules
    assert not MAKERS.keys() & NO_RESOURCES


@pytest.mark.parametrize("extension", MAKERS)
def test_the_provider_takes_what_an_extension_adds(verdict: Verdict, extension: str) -> None:
    fates = [it for it in verdict.fates.values() if it.component == f"Extension {extension}"]
    assert fates
    assert [it for it in fates if not (it.applied and it.destroyed and it.clean)] == []


def test_nothing_is_left_of_it(verdict: Verdict) -> None:
    assert (verdict.errors, verdict.leftovers) == ([], [])
