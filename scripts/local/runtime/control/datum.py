"""Data points as CloudWatch takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

Datum = dict[str, Any]


def single(name: str, dimensions: Mapping[str, str], value: float, unit: str) -> Datum:
    """Return a metric's one value of a period."""
    return {"MetricName": name, "Dimensions": listed(dimensions), "Value": value, "Unit": unit}


def several(name: str, dimensions: Mapping[str, str], values: Sequence[float], unit: str) -> Datum:
    """Return several values of a period, of which there must be one, as what CloudWatch keeps of them."""
    statistics = {
        "SampleCount": len(values),
        "Sum": sum(values),
        "Minimum": min(values),
        "Maximum": max(values),
    }
    return {
        "MetricName": name,
        "Dimensions": listed(dimensions),
        "StatisticValues": statistics,
        "Unit": unit,
    }


def listed(named: Mapping[str, str]) -> list[dict[str, str]]:
    """Return dimensions in the order of their names, in which moto compares them."""
    return [{"Name": name, "Value": value} for name, value in sorted(named.items())]
