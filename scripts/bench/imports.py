"""`imports`: what a function's start costs, beside what the libraries that it uses cost alone.

Each function is started from its zip, with nothing but that and Lambda's runtime, up to where it waits for
its first event. The reference imports the same libraries by the same statements, and makes the same clients
of AWS: what the function adds to that is its own.
"""

import ast
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.build import build
from scripts.build.builder import UNZIPPED_LIMIT
from scripts.build.recipes import recipes
from scripts.local import environment
from scripts.local.runtime.functions import lambda_runtime
from scripts.local.runtime.interpreter import base_interpreter

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5
RATIO = 1.5
MEBIBYTE = 1024 * 1024
NO_CONSUMERS = {"app", "api", "secret_rotation"}  # the shop itself, and what Secrets Manager calls

# What is read before the first event, where a word will not do.
VARIABLES = {
    **environment("http://127.0.0.1:9"),
    "DATABASE_WRITER": "127.0.0.1:9",
    "DEAD_LETTER_QUEUES": "[]",
}
PROGRAM = """
import json, sys, time
before, started = len(sys.modules), time.process_time()
{statements}
print(json.dumps([len(sys.modules) - before, (time.process_time() - started) * 1000]))
"""


class Start(NamedTuple):
    """What a start took: modules that were imported, and milliseconds of CPU."""

    modules: float
    cpu: float


def measure() -> list[Figure]:
    """Return two figures a consumer, and one of the zips."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as name:
        folder = Path(name)
        artifacts = build("local", ROOT, folder / "dist").artifacts
        runtime = folder / "runtime"
        lambda_runtime.build(runtime)
        figures = []
        for function in sorted(artifacts.keys() - NO_CONSUMERS):
            code = folder / function
            shutil.unpack_archive(folder / "dist" / "local" / artifacts[function].file, code)
            figures += _figures(function, code, runtime)
        zips = {name: one for name, one in artifacts.items() if name != "app"}
        unzipped = [_unzipped(folder / "dist" / "local" / one.file) / MEBIBYTE for one in zips.values()]
    largest = Figure(
        name="imports: the largest function, unzipped",
        unit="MiB",
        samples=[max(unzipped)],
        goal=Goal(limit=UNZIPPED_LIMIT / MEBIBYTE),
        parts={f"{name}, zipped": one.size / MEBIBYTE for name, one in zips.items()},
    )
    return [*figures, largest]


def _unzipped(archive: Path) -> int:
    with zipfile.ZipFile(archive) as opened:
        return sum(entry.file_size for entry in opened.infolist())


def _figures(function: str, code: Path, runtime: Path) -> list[Figure]:
    sources = _sources(function, code)
    alone = "\n".join(dict.fromkeys(statement for path in sources for statement in libraries(path)))
    variables = {name: "none" for path in sources for name in _variables(path)} | VARIABLES
    pairs = []
    for _ in range(RUNS + 1):  # the first compiles
        ours = _start("import handler", variables, code, runtime)
        pairs.append((ours, _start(alone, variables, code, runtime)))
    del pairs[0]
    return [
        Figure(
            name=f"imports: {function}, {what}",
            unit=unit,
            samples=[ours[place] for ours, _ in pairs],
            reference=[theirs[place] for _, theirs in pairs],
            reference_name="its libraries alone",
            goal=Goal(limit=RATIO, of="ratio"),
        )
        for place, (what, unit) in enumerate([("modules", "modules"), ("CPU", "ms CPU")])
    ]


def _sources(function: str, code: Path) -> list[Path]:
    """Return the function's own modules, and those of the packages that it carries of this checkout."""
    [recipe] = [recipe for recipe in recipes(ROOT) if recipe.name == function]
    return [path for package in recipe.packages for path in sorted((code / package).rglob("*.py"))]


def libraries(path: Path) -> Iterator[str]:
    """Yield what a module does with libraries as it is imported: its imports of them, and clients of AWS."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import) or (names and not names[0].startswith(("lambdas", "__future__"))):
            yield ast.unparse(node)
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "boto3.client":
            yield f"import boto3; boto3.client({ast.unparse(inner.args[0])})"


def _variables(path: Path) -> Iterator[str]:
    """Yield the variables that a module cannot do without."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield str(ast.literal_eval(node.slice))


def _start(statements: str, variables: dict[str, str], *folders: Path) -> Start:
    """Run statements in a process of their own, with these folders and the standard library."""
    finished = subprocess.run(
        [*base_interpreter(), "-c", PROGRAM.format(statements=statements)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, folders)), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise BenchError(f"{folders[0].name} does not start:\n{finished.stderr.strip()}")
    return Start(*json.loads(finished.stdout.splitlines()[-1]))
