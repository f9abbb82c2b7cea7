"""Which scanners there are, and running those that are asked for."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

from infra.settings.presets import PRESETS
from scripts.scan import code, iam
from scripts.scan.checkov import checkov
from scripts.scan.documents import of_preset
from scripts.scan.errors import ScanError
from scripts.scan.exceptions import ScannerName
from scripts.scan.findings import Scan

SCANNERS: Sequence[ScannerName] = get_args(ScannerName)
SLOW = "checkov"

Job = Callable[[], list[Scan]]


def chosen_presets(names: Sequence[str] | None) -> Sequence[str]:
    """The presets of these names, or all. Raises ScanError for one that does not exist."""
    for name in names or ():
        if name not in PRESETS:
            raise ScanError(f"There is no preset {name}. Presets: {', '.join(PRESETS)}.")
    return names or list(PRESETS)


def chosen_scanners(names: Sequence[str] | None, *, quick: bool) -> Sequence[str]:
    """The scanners of these names, or all, or all that are quick. Raises ScanError for an unknown one."""
    for name in names or ():
        if name not in SCANNERS:
            raise ScanError(f"There is no scanner {name}. Scanners: {', '.join(SCANNERS)}.")
    return [name for name in names or SCANNERS if not (quick and name == SLOW)]


def run(root: Path, presets: Sequence[str], scanners: Sequence[str]) -> list[Scan]:
    """Run scanners over these presets and the code of the project in `root`.

    Raises:
        ScanError: one of them cannot be run, or saw nothing.
    """
    jobs: dict[str, Job] = {"bandit": lambda: code.bandit(root), "detect-secrets": lambda: code.secrets(root)}
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(jobs[name]) for name in scanners if name in jobs]
        scans = _on_presets(root, presets, scanners)
        return [*scans, *(scan for each in running for scan in each.result())]


def _on_presets(root: Path, presets: Sequence[str], scanners: Sequence[str]) -> list[Scan]:
    scans: list[Scan] = []
    probes = {"parliament": iam.lint, "cloudsplaining": iam.assess}
    if probes.keys() & set(scanners):
        documents = {preset: of_preset(root, preset) for preset in presets}
        scans += [scan for name, probe in probes.items() if name in scanners for scan in probe(documents)]
    if SLOW in scanners:
        scans += [checkov(root, preset) for preset in presets]
    return scans
