"""What a scanner says of what it looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.scan.errors import ScanError


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A failed check.

    Attributes:
        check: its name, as the scanner has it.
        where: what failed it: a Terraform address, a document, a file.
        message: what is wrong, for a person.
    """

    check: str
    where: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What one scanner says of one thing.

    Attributes:
        scanner: who says it.
        subject: a preset, or `code`.
        unit: what is counted: checks, documents or files.
        seen: how many there were.
        passed: how many of them have no finding.
        findings: what failed.
    """

    scanner: str
    subject: str
    unit: str
    seen: int
    passed: int
    findings: Sequence[Finding]

    def __post_init__(self) -> None:
        """Refuse silence: a scanner that was shown nothing has nothing to complain of.

        Raises:
            ScanError: nothing was seen.
        """
        if not self.seen:
            raise ScanError(
                f"{self.scanner} saw no {self.unit} in {self.subject}: that it found nothing means nothing. "
                "Look at what it is given, in scripts/scan/."
            )

    @classmethod
    def of_each(
        cls, scanner: str, subject: str, unit: str, seen: Sequence[str], findings: Sequence[Finding]
    ) -> "Scan":
        """A scan of several things, each of which passes when nothing is found in it.

        `seen` names them; what a finding is about comes before an `@`, if it has one.
        """
        troubled = {it.where.partition("@")[0] for it in findings}
        return cls(
            scanner=scanner,
            subject=subject,
            unit=unit,
            seen=len(seen),
            passed=sum(name not in troubled for name in seen),
            findings=findings,
        )
