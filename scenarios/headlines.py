"""Real headline tests as scenarios: reads the Upworthy Research Archive's table and writes the arms of one test.

The archive (Matias, Munger, Le Quere & Ebersole, Scientific Data 8:195, 2021) is not shipped: get it from its authors
under its own terms. One row is one package shown to randomly assigned visitors of one test. Its authors advise
against causal use of the tests of 25 June 2013 to 10 January 2014; these are left out, and only packages with the same
picture are compared.
"""

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.render.clean import one_line
from sandbox.errors import DataError

COLUMNS = ("test_id", "test_week", "headline", "image_id", "impressions", "clicks")
TROUBLED = range(201325, 201403)  # weeks of the caching fault
_STORY = "bridge"  # the newsroom's story that a tested headline stands on
_CELL = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class Package:
    """One headline and what its visitors did."""

    headline: str
    impressions: int
    clicks: int

    @property
    def ctr(self) -> float:
        """Clicks a visitor."""
        return self.clicks / self.impressions


@dataclass(frozen=True, slots=True)
class HeadlineTest:
    """The packages of one test that share a picture; `name` is the test's id and the picture's."""

    name: str
    week: int
    packages: tuple[Package, ...]

    @property
    def z(self) -> float:
        """The two-proportion z between the best package and the worst, pooled; picked after the fact, so no test."""
        rates = sorted(self.packages, key=lambda package: package.ctr)
        worst, best = rates[0], rates[-1]
        seen = worst.impressions + best.impressions
        pooled = (worst.clicks + best.clicks) / seen
        spread = pooled * (1 - pooled) * (1 / worst.impressions + 1 / best.impressions)
        return (best.ctr - worst.ctr) / math.sqrt(spread) if spread > 0 else 0.0


def read_tests(path: Path) -> list[HeadlineTest]:
    """Read every comparable test of a `.csv` or `.csv.gz` table, the clearest difference first.

    Raises:
        DataError: a column is missing, or a cell is no number, with file and line.
    """
    groups: dict[tuple[str, str], list[Package]] = defaultdict(list)
    weeks: dict[tuple[str, str], int] = {}
    for line, row in _rows(path):
        try:
            week, seen, clicks = int(row["test_week"]), int(row["impressions"]), int(row["clicks"])
        except ValueError as error:
            raise DataError(f"{path}:{line}: {error}") from None
        headline = one_line(row["headline"], 300)
        if week not in TROUBLED and seen > 0 and headline:
            key = row["test_id"], row["image_id"]
            weeks[key] = week
            groups[key].append(Package(headline, seen, clicks))
    tests = (_test(key, weeks[key], packages) for key, packages in groups.items())
    return sorted((test for test in tests if len(test.packages) > 1), key=lambda test: (-test.z, test.name))


def _test(key: tuple[str, str], week: int, packages: list[Package]) -> HeadlineTest:
    """Return one test, packages of the same headline added up."""
    by_headline: dict[str, Package] = {}
    for package in packages:
        had = by_headline.get(package.headline, Package(package.headline, 0, 0))
        seen, clicks = had.impressions + package.impressions, had.clicks + package.clicks
        by_headline[package.headline] = Package(package.headline, seen, clicks)
    return HeadlineTest(":".join(part for part in key if part), week, tuple(by_headline.values()))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(_CELL)
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}:1: no column {missing[0]!r}; expected {', '.join(COLUMNS)}")
            for row in reader:
                if any(row[name] is None for name in COLUMNS):
                    raise DataError(f"{path}:{reader.line_num}: the row is cut short")
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def scenario_tree(test: HeadlineTest, brain: str = "choice") -> dict[str, Any]:
    """Return a scenario whose arms show the headlines of one test on the same story of the newsroom."""
    look = {"page_size": 8, "style": "list", "show_rating": False, "show_votes": False, "fields": ["title", "genres"]}
    return {
        "name": "headline_test",
        "description": f"The headlines of test {test.name}, week {test.week}, on one story of a news feed.",
        "seed": 14,
        "catalogue": {"kind": "newsroom", "n_readers": 300},
        "population": {"n_users": 150},
        "brain": brain,
        "session": {"max_pages": 3},
        "arms": [
            {"name": f"headline_{n}", "recommender": "random", "layout": {**look, "titles": {_STORY: package.headline}}}
            for n, package in enumerate(test.packages, start=1)
        ],
        "metrics": {"primary": ["ctr"]},
    }
