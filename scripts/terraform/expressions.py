"""Values as Terraform JSON: placeholders become expressions, everything else keeps its meaning.

In Terraform's JSON every text is a template, so what a program means literally is escaped.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.terraform.placeholders import LENGTH, PREFIX, Placeholders, Reference

PLACEHOLDER = re.compile(rf"{PREFIX}[0-9a-f]{{{LENGTH - len(PREFIX)}}}")
TEMPLATE = re.compile(r"[$%]\{")
READABLE = 120
"""Characters from which a JSON document, or a text in base64, is spelled out."""

WRITTEN_OTHERWISE = re.compile("[<>&\u2028\u2029]")
"""What `jsonencode` would not write as the program did."""


@dataclass(frozen=True)
class Template:
    """A text that is Terraform's already."""

    text: str


class Expressions:
    """Writes values; keeps the documents that it spelled out.

    Attributes:
        locals: documents and texts, by the name under which their file defines them.
    """

    def __init__(self, placeholders: Placeholders, expression: Callable[[Reference], str]) -> None:
        self._references = placeholders.references
        self._wholes = placeholders.wholes
        self._expression = expression
        self.locals: dict[str, Any] = {}

    def value(self, value: Any, name: str) -> Any:
        """`value` as Terraform reads it; documents in it are called by `name`."""
        match value:
            case Template():
                return value.text
            case Mapping():
                return {self.text(key): self.value(item, f"{name}_{key}") for key, item in value.items()}
            case list():
                return [self.value(item, f"{name}_{number}") for number, item in enumerate(value, 1)]
            case float() if value.is_integer():
                return int(value)  # Pulumi knows no whole numbers
            case str():
                return self._spelled_out(value, identifier(name))
        return value

    def text(self, text: str) -> str:
        """A text as a template."""
        for shown, whole in self._wholes.items():
            text = text.replace(shown, whole)
        escaped = TEMPLATE.sub(lambda found: found.group()[0] + found.group(), text)
        return PLACEHOLDER.sub(self._interpolation, escaped)

    def _interpolation(self, found: re.Match[str]) -> str:
        reference = self._references.get(found.group())
        return f"${{{self._expression(reference)}}}" if reference else found.group()

    def _spelled_out(self, text: str, name: str) -> str:
        """A text; where it is a document, an expression that makes it from one that people can read."""
        if (document := _document(text)) is not None:
            self.locals[name] = self.value(document, name)
            return f"${{jsonencode(local.{name})}}"
        if (decoded := decode(text)) is not None:
            self.locals[name] = self.text(decoded)
            return f"${{base64encode(local.{name})}}"
        return self.text(text)


def words(value: Any) -> set[str]:
    """Everything in a value that looks like a placeholder, texts in base64 included."""
    match value:
        case Mapping():
            return {word for pair in value.items() for part in pair for word in words(part)}
        case list():
            return {word for item in value for word in words(item)}
        case str():
            return set(PLACEHOLDER.findall(decode(value) or value))
    return set()


def identifier(name: str) -> str:
    """`name` as an identifier of Terraform: letters, digits and underscores."""
    plain = re.sub(r"[^0-9a-zA-Z]+", "_", name).strip("_").lower()
    return f"_{plain}" if plain[:1].isdigit() else plain


def decode(text: str) -> str | None:
    """The text in base64 that `text` is; None if it is none, or one of a single line."""
    if len(text) < READABLE:
        return None
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return decoded if "\n" in decoded else None


def _document(text: str) -> Any:
    """The JSON object in `text`, if Terraform would write one that means the same; None otherwise."""
    if not text.startswith("{") or len(text) < READABLE or WRITTEN_OTHERWISE.search(text):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
