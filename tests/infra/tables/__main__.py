"""Writes the tables anew."""

import tempfile
from pathlib import Path

from tests.infra.stacks import SETTINGS, build, evaluate
from tests.infra.tables import TABLES, write

with tempfile.TemporaryDirectory() as folder:
    recording = evaluate(SETTINGS["everything"], build(Path(folder) / "arm64"), stack="everything")
for name, table in TABLES.items():
    write(name, table(recording))
