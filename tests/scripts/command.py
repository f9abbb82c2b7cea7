"""A group of the `blueprint` command, called as its user would call it."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from scripts.cli import app
from scripts.errors import UserError


class Command:
    """`blueprint NAME ...`."""

    def __init__(self, name: str, error: type[UserError]) -> None:
        """Take the group's name, and what it raises for what a user can mend."""
        self._name = name
        self._error = error

    def __call__(self, *arguments: str, answer: str = "") -> Result:
        """Run it; `answer` is what the user types."""
        return CliRunner().invoke(app, [self._name, *arguments], input=answer)

    def json(self, *arguments: str) -> Any:
        """Return what it prints as JSON."""
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.exception
        return json.loads(result.stdout)

    def refusal(self, *arguments: str, answer: str = "") -> str:
        """Return the message of a command that fails for something that the user can mend."""
        result = self(*arguments, answer=answer)
        assert isinstance(result.exception, self._error), result.output
        return str(result.exception)
