"""What distributions served, as CloudFront tells it: the metrics that each has without being asked for more.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
"""

from collections.abc import Mapping, Sequence

from scripts.local.runtime.cdns.access_log import Served
from scripts.local.runtime.control.datum import Datum, single

# Of what else is sent, an answer does not count as a download.
DOWNLOADS = frozenset({"GET", "HEAD", "OPTIONS"})
ERRORS = {"4xxErrorRate": (4,), "5xxErrorRate": (5,), "TotalErrorRate": (4, 5)}


def of_distributions(served: Mapping[str, Sequence[Served]]) -> list[Datum]:
    """Return a period's metrics of every distribution that served something in it, by their identifiers."""
    return [datum for identifier, some in served.items() if some for datum in _of_one(identifier, some)]


def _of_one(identifier: str, served: Sequence[Served]) -> list[Datum]:
    dimensions = {"DistributionId": identifier, "Region": "Global"}
    downloaded = sum(one.sent for one in served if one.method in DOWNLOADS)
    return [
        single("Requests", dimensions, len(served), "None"),
        single("BytesDownloaded", dimensions, downloaded, "None"),
        *(single(name, dimensions, _percent(served, kinds), "Percent") for name, kinds in ERRORS.items()),
    ]


def _percent(served: Sequence[Served], kinds: Sequence[int]) -> float:
    return 100 * sum(one.status // 100 in kinds for one in served) / len(served)
