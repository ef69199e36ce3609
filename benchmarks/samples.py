"""Order statistics of small samples. Pure functions."""

import math
from collections.abc import Sequence
from statistics import median


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: the smallest sample that at least `percent` % of all samples do not exceed.

    Args:
        samples: At least one number, in any order.
        percent: Above 0, at most 100.

    Raises:
        ValueError: No samples, or a percentage out of range.
    """
    if not samples:
        raise ValueError("no samples: a percentile needs at least one")
    if not 0 < percent <= 100:
        raise ValueError(f"percent is {percent}: it must be above 0 and at most 100")
    # Rounded before ceil, because 99.9 / 100 * 1000 is a little more than 999.
    rank = math.ceil(round(percent / 100 * len(samples), 6))
    return sorted(samples)[max(rank, 1) - 1]


def median_ratio(over: Sequence[float | None], under: Sequence[float | None]) -> float | None:
    """Return the median of the ratios of two series that were measured in turn, or None if there is no pair.

    A ratio is taken within a round, so that a machine that gets slower or faster between rounds does not touch it.

    Args:
        over: One figure a round; None where the round gave none.
        under: The same rounds of what it is compared with.
    """
    ratios = [a / b for a, b in zip(over, under, strict=False) if a is not None and b]
    return median(ratios) if ratios else None


def median_difference(upper: Sequence[float | None], lower: Sequence[float | None]) -> float | None:
    """Return the median of the differences of two series that were measured in turn, or None if there is no pair.

    Args:
        upper: One figure a round; None where the round gave none.
        lower: The same rounds of what is taken away from it.
    """
    differences = [a - b for a, b in zip(upper, lower, strict=False) if a is not None and b is not None]
    return median(differences) if differences else None


def median_of(samples: Sequence[float | None]) -> float | None:
    """Return the median of the figures that exist, or None if there is none."""
    known = [sample for sample in samples if sample is not None]
    return median(known) if known else None


def spread(series: Sequence[float | None]) -> float:
    """Return half the distance between the extremes as a share of the median: how far the rounds lie apart."""
    known = [value for value in series if value is not None]
    middle = median(known) if known else 0
    return (max(known) - min(known)) / 2 / middle if middle else 0.0
