"""A stack's file is edited in place: comments, order and everything else stay."""

from pathlib import Path

import pytest

from scripts.stack_file import StackFile, StackFileError

HEAD = "# A stack.\nconfig:\n  aws:region: eu-west-1 # near us\n"


def stack_file(tmp_path: Path, text: str) -> StackFile:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    return StackFile.read(tmp_path, "dev")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "  shop:fleet:\n    max_size: 2 # enough\n",
            "  shop:fleet:\n    ami: ami-1\n    max_size: 2 # enough\n",
        ),
        ("  shop:fleet:\n    ami: ami-0 # pinned\n", "  shop:fleet:\n    ami: ami-1 # pinned\n"),
        (
            "  shop:fleet:\n      # why\n\n      ami: ami-0\n",
            "  shop:fleet:\n      # why\n\n      ami: ami-1\n",
        ),
        ("  shop:fleet: {max_size: 2} # both\n", "  shop:fleet: {ami: ami-1, max_size: 2} # both\n"),
        ("  shop:fleet: {max_size: 2, ami: ami-0}\n", "  shop:fleet: {max_size: 2, ami: ami-1}\n"),
        ("  shop:fleet: {}\n", "  shop:fleet: {ami: ami-1}\n"),
        ("", "  shop:fleet:\n    ami: ami-1\n"),
        ("  shop:stage: dev\n", "  shop:stage: dev\n  shop:fleet:\n    ami: ami-1\n"),
    ],
)
def test_a_setting_of_a_section_is_set(tmp_path: Path, before: str, after: str) -> None:
    edited = stack_file(tmp_path, HEAD + before).with_value("fleet", "ami", "ami-1")
    assert edited.text == HEAD + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  shop:name: old # theirs\n", "  shop:name: new # theirs\n"),
        ("  shop:stage: dev\n", "  shop:stage: dev\n  shop:name: new\n"),
    ],
)
def test_a_setting_by_itself_is_set(tmp_path: Path, before: str, after: str) -> None:
    assert stack_file(tmp_path, HEAD + before).with_value("", "name", "new").text == HEAD + after


def test_a_file_without_any_config_gets_one(tmp_path: Path) -> None:
    edited = stack_file(tmp_path, "# Nothing yet.\n").with_value("fleet", "ami", "ami-1")
    assert edited.text == "# Nothing yet.\nconfig:\n  shop:fleet:\n    ami: ami-1\n"


def test_what_is_written_unusually_is_left_alone(tmp_path: Path) -> None:
    text = 'config: {"shop:fleet": {"max_size": 2}}\n'
    with pytest.raises(StackFileError, match="put `ami: ami-1` below shop:fleet yourself"):
        stack_file(tmp_path, text).with_value("fleet", "ami", "ami-1")
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == text


def test_a_stack_without_a_file_is_named_with_those_that_have_one(tmp_path: Path) -> None:
    stack_file(tmp_path, HEAD)
    with pytest.raises(StackFileError, match=r"There is no stack moon: .* Stacks: dev\."):
        StackFile.read(tmp_path, "moon")


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackFileError, match=r"Pulumi\.dev\.yaml is not valid YAML"):
        stack_file(tmp_path, "config: [")
