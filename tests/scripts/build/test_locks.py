"""What is deployed is what is tested: each lock of the checkout pins what the project's lock pins."""

import re
from pathlib import Path

import pytest

from scripts.build.recipes import recipes

ROOT = Path(__file__).resolve().parents[3]
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return {match["name"]: match["version"] for match in PIN.finditer(lock.read_text())}


@pytest.mark.parametrize("lock", [recipe.lock for recipe in recipes(ROOT)])
def test_a_lock_follows_the_project_and_pins_every_package_by_hash(lock: str) -> None:
    tested = pins(ROOT / "requirements.txt")
    deployed = pins(ROOT / lock)
    assert deployed
    assert deployed.items() <= tested.items()
    for match in PIN.finditer((ROOT / lock).read_text()):
        assert "--hash=sha256:" in match["rest"], match["name"]


@pytest.mark.parametrize("lock", [recipe.lock for recipe in recipes(ROOT)])
def test_a_lock_names_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("lock", [recipe.lock for recipe in recipes(ROOT)])
def test_a_lock_has_what_its_requirements_ask_for(lock: str) -> None:
    requirements = (ROOT / lock).with_suffix(".in").read_text()
    asked = re.findall(r"^[\w.-]+", requirements, re.MULTILINE)
    assert {name.lower() for name in asked if not name.startswith("-")} <= pins(ROOT / lock).keys()
