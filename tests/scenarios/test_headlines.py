"""Real headline tests become arms: same picture, sound weeks, and nothing else differs."""

import gzip
from pathlib import Path

import pytest

from sandbox.errors import DataError
from scenarios.headlines import COLUMNS, read_tests, scenario_tree
from scenarios.load import resolve

ROWS = (
    ("a", "201446", "First words", "p", "1000", "10"),
    ("a", "201446", "Second words", "p", "1000", "40"),
    ("a", "201446", "Another picture", "q", "1000", "90"),
    ("b", "201330", "Faulty week", "p", "1000", "1"),
    ("b", "201330", "Faulty week too", "p", "1000", "99"),
    ("c", "201501", "Same words", "p", "500", "5"),
    ("c", "201501", "Same words", "p", "500", "6"),
    ("d", "201502", "Nearly\nequal", "", "1000", "20"),
    ("d", "201502", "Equal", "", "1000", "21"),
    ("e", "201502", "Never shown", "p", "0", "0"),
)


def table(folder: Path, rows=ROWS, header=COLUMNS) -> Path:
    lines = [",".join(header), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    path = folder / "packages.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_comparable_tests_are_read_the_clearest_first(tmp_path: Path) -> None:
    tests = read_tests(table(tmp_path))
    assert [test.name for test in tests] == ["a:p", "d"]
    assert [package.headline for package in tests[1].packages] == ["Nearly equal", "Equal"]
    assert tests[0].z == pytest.approx(4.296, abs=0.01)


def test_a_test_is_a_scenario_whose_arms_differ_in_one_title(tmp_path: Path) -> None:
    scenario = resolve(scenario_tree(read_tests(table(tmp_path))[0], "uniform"), "here")
    looks = [arm.layout for arm in scenario.arms]
    assert [look.titles for look in looks] == [{"bridge": "First words"}, {"bridge": "Second words"}]
    assert len({look.model_copy(update={"titles": {}}).model_dump_json() for look in looks}) == 1
    assert len({arm.recommender.kind for arm in scenario.arms}) == 1


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        (ROWS, COLUMNS[:-1], "no column 'clicks'"),
        ((("a", "201446", "x", "p", "many", "1"),), COLUMNS, ":2: invalid literal"),
        ((("a", "201446"),), COLUMNS, "cut short"),
    ],
)
def test_bad_tables_are_told_with_their_line(tmp_path: Path, rows, header, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_tests(table(tmp_path, rows, header))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read"):
        read_tests(tmp_path / "none.csv")
