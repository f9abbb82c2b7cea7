"""A fork gets a name of its own: nothing of it breaks, and what it deployed before stays."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import lineage
from scripts.rename import cli
from scripts.rename.changes import Rename, RenameError
from tests.infra.stacks import EVERYTHING

ROOT = Path(__file__).parents[3]
LONGEST = "a-shop-with-a-name-of-forty-letters-long"
SHORT = "bazaar"

DUMP = """
import json
from pathlib import Path
from scripts.evaluation.stack import evaluate
from scripts.preview.report import plain

resources = evaluate(Path.cwd(), "everything").recording.resources

def types(it):
    around = resources.get(it.parent)
    return [*(types(around) if around else []), it.type]

print(json.dumps([
    {
        "types": types(it),
        "name": it.name,
        "aliases": sorted(it.aliases),
        "inputs": json.dumps(plain(dict(it.inputs)), sort_keys=True),
    }
    for it in resources.values()
]))
"""

TAGS = {"tags", "tagSpecifications", "defaultTags"}
TAG_CONDITION = re.compile(r'(?<="aws:ResourceTag/Project":)"[^"]*"')

Resources = list[dict[str, Any]]


def run(folder: Path, *command: str) -> str:
    """What a command says in a folder, where it must succeed."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def commit(folder: Path) -> None:
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false")
    run(folder, "git", "add", "--all")
    run(folder, "git", *who, "commit", "--quiet", "--message", "All of it")


def rename(folder: Path, *arguments: str) -> str:
    return run(folder, sys.executable, "-m", "scripts.cli", "rename", *arguments)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, with a stack that has every option, committed."""
    folder = tmp_path_factory.mktemp("fork") / "repository"
    skipped = shutil.ignore_patterns(".*", "dist", "*.egg-info", "__pycache__", "node_modules")
    shutil.copytree(ROOT, folder, ignore=skipped)
    shutil.copy(ROOT / ".gitignore", folder)
    own = {f"{lineage.NAME}:{key}": value for key, value in EVERYTHING.items()}
    stack = {"config": {"aws:region": "us-east-1", **own}}
    (folder / "Pulumi.everything.yaml").write_text(yaml.safe_dump(stack))
    run(folder, "git", "init", "--quiet")
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def forks(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The repository renamed once, and renamed twice."""
    once, twice = (tmp_path_factory.mktemp("fork") / name for name in ("once", "twice"))
    shutil.copytree(original, once)
    rename(once, LONGEST)
    commit(once)
    shutil.copytree(once, twice)
    rename(twice, SHORT)
    commit(twice)
    return {LONGEST: once, SHORT: twice}


@pytest.fixture(scope="module")
def resources(original: Path, forks: Mapping[str, Path]) -> Callable[[str], Resources]:
    """What that stack registers under a name of the project."""
    folders = {lineage.NAME: original, **forks}
    dumps = {name: json.loads(run(folder, sys.executable, "-c", DUMP)) for name, folder in folders.items()}
    return dumps.__getitem__


def urn(project: str, resource: Mapping[str, Any]) -> str:
    """The URN by the engine's rule: `urn:pulumi:<stack>::<project>::<types from the outermost>::<name>`."""
    return f"urn:pulumi:everything::{project}::{'$'.join(resource['types'])}::{resource['name']}"


@pytest.mark.parametrize("name", [LONGEST, SHORT])
def test_every_resource_is_found_by_the_urn_that_it_had(
    resources: Callable[[str], Resources], name: str
) -> None:
    renamed = resources(name)
    found = {key: it for it in renamed for key in [*it["aliases"], urn(name, it)]}
    before = resources(lineage.NAME)
    assert len(before) == len(renamed)
    for resource in before:
        after_stack_rename, moved_otherwise = urn(name, resource), urn(lineage.NAME, resource)
        assert found[after_stack_rename]["name"] == resource["name"]
        assert found[after_stack_rename] is found[moved_otherwise]


def test_a_stack_deployed_between_two_renames_is_found_too(resources: Callable[[str], Resources]) -> None:
    found = {key for it in resources(SHORT) for key in [*it["aliases"], urn(SHORT, it)]}
    assert {urn(name, it) for it in resources(LONGEST) for name in (LONGEST, SHORT)} <= found


def without_tags(value: Any) -> Any:
    """An input without the tags in it, which name the project, and without what policies ask of them."""
    if isinstance(value, dict):
        return {key: without_tags(inner) for key, inner in value.items() if key not in TAGS}
    if isinstance(value, str):
        return TAG_CONDITION.sub('""', value)
    return [without_tags(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", [LONGEST, SHORT])
def test_nothing_of_a_deployed_stack_changes_but_tags(
    resources: Callable[[str], Resources], name: str
) -> None:
    def described(project: str) -> list[tuple[str, str]]:
        return sorted(
            (it["name"], json.dumps(without_tags(json.loads(it["inputs"])))) for it in resources(project)
        )

    assert described(name) == described(lineage.NAME)


@pytest.mark.parametrize("name", [LONGEST, SHORT])
def test_the_renamed_project_is_clean(forks: Mapping[str, Path], name: str) -> None:
    run(forks[name], sys.executable, "-m", "ruff", "check", "--no-cache")
    run(forks[name], sys.executable, "-m", "ruff", "format", "--check", "--no-cache")


def test_the_renamed_projects_own_tests_pass(forks: Mapping[str, Path]) -> None:
    some = ("tests/infra/test_settings.py", "tests/infra/components/test_naming.py")
    ours = "not test_no_stack_file_lacks_a_test"  # which finds the stack that was added here
    run(forks[LONGEST], sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", ours, *some)


def test_the_name_stands_where_a_reader_looks_for_it(forks: Mapping[str, Path]) -> None:
    folder = forks[LONGEST]
    assert yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"] == LONGEST
    assert f'name = "{LONGEST}"' in (folder / "pyproject.toml").read_text()
    assert (folder / "README.md").read_text().startswith(f"# {LONGEST}\n")
    assert f"`{LONGEST}:email_sender`" in (folder / "README.md").read_text()


def test_stacks_remember_the_first_name_and_the_local_one_has_none(forks: Mapping[str, Path]) -> None:
    config = yaml.safe_load((forks[SHORT] / "Pulumi.dev.yaml").read_text())["config"]
    assert config[f"{SHORT}:former_name"] == lineage.NAME
    assert not [key for key in config if key.startswith((f"{LONGEST}:", f"{lineage.NAME}:"))]
    assert "former_name" not in (forks[SHORT] / "Pulumi.local.yaml").read_text()


def test_a_dry_run_lists_the_files_and_writes_none(original: Path) -> None:
    said = rename(original, "bazaar", "--dry-run")
    assert "infra/lineage.py" in said
    assert "Nothing was written" in said
    assert run(original, "git", "status", "--porcelain") == ""


def fresh(root: Path, *, old: str = "blueprint", former: str = "()") -> Path:
    """A project as small as can be renamed."""
    (root / "infra").mkdir()
    (root / "infra" / "lineage.py").write_text(f'NAME = "{old}"\nFORMER_NAMES: Sequence[str] = {former}\n')
    (root / "Pulumi.dev.yaml").write_text(f"config:\n  {old}:stage: dev # theirs\n")
    return root


def changed(root: Path, new: str, *, old: str = "blueprint", deployed: bool = True) -> dict[str, str]:
    files = ["infra/lineage.py", "Pulumi.dev.yaml"]
    return Rename(root=root, old=old, new=new, deployed=deployed).changes(files)


def test_a_fork_that_never_deployed_keeps_nothing(tmp_path: Path) -> None:
    changes = changed(fresh(tmp_path), "bazaar", deployed=False)
    assert changes["Pulumi.dev.yaml"] == "config:\n  bazaar:stage: dev # theirs\n"
    assert changes["infra/lineage.py"] == 'NAME = "bazaar"\nFORMER_NAMES: Sequence[str] = ()\n'


def test_a_name_that_comes_back_is_no_former_one(tmp_path: Path) -> None:
    root = fresh(tmp_path, old="bazaar", former='(\n    "blueprint",\n)')
    text = changed(root, "blueprint", old="bazaar")["infra/lineage.py"]
    assert text == 'NAME = "blueprint"\nFORMER_NAMES: Sequence[str] = (\n    "bazaar",\n)\n'


def test_a_file_that_was_rewritten_is_named(tmp_path: Path) -> None:
    (fresh(tmp_path) / "infra" / "lineage.py").write_text("nothing of it\n")
    with pytest.raises(RenameError, match=r"infra/lineage\.py is not written as this command expects"):
        changed(tmp_path, "bazaar")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("Shop", "text"), ("a" * 41, "at most 40 characters"), ("aws-shop", "does not begin with")],
)
def test_a_name_that_settings_refuse_is_refused(name: str, allowed: str) -> None:
    with pytest.raises(RenameError, match=f"A project cannot be called '{name}'; allowed: .*{allowed}"):
        cli.rename_command(name)


def test_the_name_that_it_has_is_refused() -> None:
    with pytest.raises(RenameError, match=f"called {lineage.NAME} already"):
        cli.rename_command(lineage.NAME)


def test_changes_that_are_not_committed_are_refused(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(original, tmp_path / "dirty")
    (tmp_path / "dirty" / "README.md").write_text("changed\n")
    monkeypatch.setattr(cli, "ROOT", tmp_path / "dirty")
    with pytest.raises(RenameError, match="not committed: commit or stash them first"):
        cli.rename_command("bazaar")


def test_a_folder_without_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: blueprint\n")
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RenameError, match="is no git repository"):
        cli.rename_command("bazaar")
