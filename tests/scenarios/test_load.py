"""Loading scenarios: a good file resolves fully, and every fault is told with its line and a way out."""

from pathlib import Path

import pytest

from sandbox.errors import ScenarioError
from scenarios.load import canonical, load_scenario, resolve, scenario_hash

GOOD = """\
name: mine
catalogue: {kind: "sandbox.testing:toy_catalogue"}
embedder: hash
brain: {kind: "sandbox.testing:FirstAction"}
population:
  n_users: 5
  agent: "sandbox.testing:InOrder"
  memory: "sandbox.testing:ListMemory"
arms:
  - name: one
    recommender: "sandbox.testing:InOrder"
  - name: two
    recommender: "sandbox.testing:InOrder"
    layout: {page_size: 5}
"""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_a_good_file_resolves_with_every_default(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, GOOD))
    assert [arm.layout.page_size for arm in scenario.arms] == [10, 5]
    assert resolve(canonical(scenario), "again") == scenario


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("  n_users: 5", "  n_user: 5", 6, "did you mean 'n_users'"),
        ("page_size: 5", "page_siz: 5", 14, "did you mean 'page_size'"),
        ("n_users: 5", "n_users: none", 6, "valid integer"),
        ("n_users: 5", "n_users: 0", 6, "greater than or equal to 1"),
        ("name: two", "name: Two!", 12, "pattern"),
        ("name: two", "name: one", 9, "two arms are named 'one'"),
        ("embedder: hash", "embedder: hsh", 3, "did you mean 'hash'"),
        ("embedder: hash", "embedder: {kind: hash, dims: 3}", 3, "did you mean 'dim'"),
        ("embedder: hash", "embedder: {kind: hash, dim: many}", 3, "valid integer"),
        ("InOrder", "OutOfOrder", 7, "cannot import 'OutOfOrder'"),
        ("name: mine", "name: [mine", 2, "not YAML"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, word: str) -> None:
    with pytest.raises(ScenarioError) as fault:
        load_scenario(written(tmp_path, GOOD.replace(old, new, 1)))
    assert f"mine.yaml:{line}:" in str(fault.value)
    assert word in str(fault.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("n_users", "n_user").replace("page_size", "pagesize")
    with pytest.raises(ScenarioError) as fault:
        load_scenario(written(tmp_path, text))
    assert len(str(fault.value).splitlines()) == 2


def test_a_mistyped_part_is_told_beside_other_faults() -> None:
    arms = [{"name": "a", "recommender": "item_knnn"}, {"name": "b", "recommender": "ease"}]
    tree = {"name": "mine", "sede": 7, "catalogue": "movielens", "arms": arms}
    tree["metrics"] = {"guardrails": [{"metric": "mean_ratng", "margin": 0.05}]}
    with pytest.raises(ScenarioError) as caught:
        resolve(tree, "mine.yaml")
    told = str(caught.value).splitlines()
    assert len(told) == 3
    assert "arms.0.recommender" in told[2]
    assert "item_knnn" in told[2]


def test_a_fault_within_an_arm_makes_no_second_one_of_the_list_but_an_empty_list_is_one() -> None:
    arms = [{"name": "one", "recomender": "ease"}]
    with pytest.raises(ScenarioError, match="did you mean 'recommender'") as told:
        resolve({"name": "x", "catalogue": "movielens", "arms": arms}, "here")
    assert "at least 1" not in str(told.value)
    with pytest.raises(ScenarioError, match=r"arms: .*at least 1"):
        resolve({"name": "x", "catalogue": "movielens", "arms": []}, "here")


def test_a_name_that_nearly_fits_is_suggested() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'quickstart'"):
        load_scenario("quikstart")


def test_settings_reach_into_lists_and_bare_words(tmp_path: Path) -> None:
    changes = ["arms.1.layout.page_size=7", "population.n_users=9", "embedder.dim=8"]
    scenario = load_scenario(written(tmp_path, GOOD), changes)
    assert scenario.arms[1].layout.page_size == 7
    assert scenario.population.n_users == 9
    assert scenario.embedder.options == {"dim": 8}


@pytest.mark.parametrize("setting", ["arms.7.name=x", "seed", "arms.first.name=x", "brain={kind", "name=[a"])
def test_a_setting_that_fits_nowhere_is_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ScenarioError, match="--set"):
        load_scenario(written(tmp_path, GOOD), [setting])


def test_the_hash_names_the_experiment(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    same, other = load_scenario(path), load_scenario(path, ["seed=2"])
    assert scenario_hash(load_scenario(path)) == scenario_hash(same) != scenario_hash(other)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("population.n_users=0", "population.n_users"),
        ("sed=2", "sed"),
        ("arms.1.layout.page_siz=3", "arms.1.layout.page_siz"),
        ("arms.0.recommender.kind=eas", "arms.0.recommender"),
        ("embedder={kind: hash, dims: 3}", "embedder"),
    ],
)
def test_a_fault_of_a_setting_is_told_of_the_setting_and_not_of_a_line(tmp_path: Path, setting: str, key: str) -> None:
    with pytest.raises(ScenarioError) as told:
        load_scenario(written(tmp_path, GOOD), [setting])
    assert str(told.value).startswith(f"--set {setting!r}: {key}: ")


def test_a_fault_of_the_file_beside_a_setting_keeps_its_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"mine.yaml:14: arms.1.layout.page_siz"):
        load_scenario(written(tmp_path, GOOD.replace("page_size", "page_siz")), ["arms.1.recommender.kind=ease"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name: \xe9t\xe9\n", "UTF-8"),
        (bytes(range(128, 256)), "UTF-8"),
        (b"name: a\x00b\n", "not YAML"),
        (b"", "an empty file"),
        (b"- a\n", "a list"),
    ],
)
def test_what_is_no_text_or_no_scenario_is_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=f"mine.yaml.*{says}"):
        load_scenario(str(path))


def test_a_fault_in_our_own_words_is_told_without_the_value(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as told:
        load_scenario(written(tmp_path, GOOD.replace("name: two", "name: one")))
    assert str(told.value).endswith(":9: arms: two arms are named 'one'; arm names must differ")


@pytest.mark.parametrize("agent", ["arms.1.agent=agentcf_pp", "population.agent=agentcf"])
def test_a_memory_that_its_agent_would_not_read_is_refused(agent: str) -> None:
    with pytest.raises(ScenarioError, match=r"arms.1.memory: agent 'agentcf.*has a memory of its own"):
        load_scenario("quickstart", [agent, "arms.1.memory=dense"])
    assert load_scenario("quickstart", [agent, "arms.1.memory=none"])
    assert load_scenario("quickstart", [agent])  # the other arm's agents may read the population's memory
