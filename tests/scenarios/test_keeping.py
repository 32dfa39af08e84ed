"""Memories that outlive a run: the folder changes no event, runs lie side by side, and a stopped run goes on."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from memory.chroma import ChromaStore
from memory.dense import DenseMemory
from sandbox.errors import ScenarioError, StoreError
from sandbox.record import MemoryRecord, Probe
from sandbox.runs import RunFolder
from sandbox.testing import HashEmbedder
from scenarios.execute import execute, reopen, start
from tests.scenarios.test_execute import quiet, scenario_file

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
KEPT = ("dense", "bm25", "rf_mem", "mem_gas", "action", "twinfeed")


def ran(folder: Path, name: str, memory: str, *settings: str) -> RunFolder:
    given = ["brain={kind: remembering, gain: 2.0}", f"population.memory={memory}", "population.n_users=4", *settings]
    run = start(scenario_file(folder), ["trace_users=4", "worlds=2", *given], folder / name)
    execute(run, quiet)
    return run


def place(run: RunFolder, arm: str, world: int, user: int) -> str:
    return f"{run.manifest['run']}@{run.manifest['started']}/{arm}/{world}/user-{user}"


def saved(run: RunFolder) -> dict[str, list[str]]:
    """Return the texts that each traced user remembered, as the run wrote them down, by place."""
    found = {}
    for path in (run.path / "memories").glob("*.json"):
        arm, world, user = path.stem.rsplit("-", 2)
        records = json.loads(path.read_text())["records"]
        found[place(run, arm, int(world), int(user))] = [record["text"] for record in records]
    return found


def held(folder: Path) -> dict[str, list[str]]:
    """Return the texts that a folder holds, by owner."""
    store = ChromaStore(folder, HashEmbedder())
    found = {owner: [record.text for record in store.load(owner)[0]] for owner in store.owners()}
    store.close()
    return found


@pytest.mark.parametrize("kind", KEPT)
def test_a_folder_changes_no_event_and_holds_what_everybody_remembers(tmp_path: Path, kind: str) -> None:
    kept = ran(tmp_path, "kept", f"{{kind: {kind}, folder: {tmp_path / 'shelf'}}}")
    loose = ran(tmp_path, "loose", f"{{kind: {kind}}}")
    assert kept.manifest["event_hash"] == loose.manifest["event_hash"]
    assert kept.manifest["aa"]["different"] == 0
    assert kept.manifest["aa"]["rows"] > 0
    assert held(tmp_path / "shelf") == saved(kept)
    assert len(saved(kept)) == 16  # two arms, two worlds, four users


def test_a_second_run_begins_afresh_and_leaves_the_first_ones_memories_alone(tmp_path: Path) -> None:
    memory = f"{{kind: action, folder: {tmp_path / 'shelf'}, capacity: 3}}"
    one = ran(tmp_path, "one", memory)
    two = ran(tmp_path, "two", memory)
    assert one.manifest["event_hash"] == two.manifest["event_hash"]
    assert held(tmp_path / "shelf") == {**saved(one), **saved(two)}
    owner = place(one, "popular", 0, 2)
    asked = DenseMemory(HashEmbedder(), folder=tmp_path / "shelf")
    assert asked.recall(owner, Probe("opened"), 1)[0].record.text in saved(one)[owner]
    asked.library.store.close()  # type: ignore[union-attr]


@pytest.mark.parametrize("moves", ["false", "true"])
def test_a_run_that_goes_on_ends_with_the_memories_of_one_that_was_not_stopped(tmp_path: Path, moves: str) -> None:
    votes = f"feedback.live_votes={moves}"
    whole = ran(tmp_path, "whole", f"{{kind: dense, folder: {tmp_path / 'a'}}}", votes)
    part = ran(tmp_path, "part", f"{{kind: dense, folder: {tmp_path / 'b'}}}", votes, "population.n_users=2")
    store = ChromaStore(tmp_path / "b", HashEmbedder())
    cut = MemoryRecord("9.9", place(part, "near", 1, 3), "I opened what the stop cut off.")
    store.put([cut], HashEmbedder().embed([cut.text]))
    store.close()
    scenario = {**whole.manifest["scenario"]}
    scenario["population"] = {**scenario["population"], "memory": part.manifest["scenario"]["population"]["memory"]}
    part.update_manifest(scenario=scenario, state="running")  # as if killed after two users
    execute(reopen(part.path), quiet)
    assert part.manifest["event_hash"] == whole.manifest["event_hash"]
    texts = [dict(sorted((name.partition("/")[2], told) for name, told in held(tmp_path / f).items())) for f in "ab"]
    assert texts[0] == texts[1]


def test_a_folder_in_use_and_a_foreign_one_stop_the_run_by_name(tmp_path: Path) -> None:
    memory = f"{{kind: dense, folder: {tmp_path / 'shelf'}}}"
    holder = ChromaStore(tmp_path / "shelf", HashEmbedder())
    with pytest.raises(StoreError, match="in use by another process"):
        ran(tmp_path, "run", memory)
    holder.close()
    with pytest.raises(StoreError, match=r"'hash' \(64 dimensions\).*'hash' \(32\)"):
        ran(tmp_path, "other", memory, "embedder={kind: hash, dim: 32}")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="not a memory of twinfeed"):
        ran(tmp_path, "foreign", f"{{kind: dense, folder: {tmp_path / 'thesis'}}}")


def test_an_unsure_memory_has_its_questions_worded_anew_by_a_named_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "lambda prompt: json.dumps({'question': 'opened watched rated'})"
    made = f"def make():\n    return ScriptedModel({script})\n"
    (tmp_path / "my_words.py").write_text(f"import json\n\nfrom sandbox.testing import ScriptedModel\n\n\n{made}")
    monkeypatch.syspath_prepend(tmp_path)
    memory = "{kind: twinfeed, unsure: 1.0, rewrite: {kind: 'my_words:make'}}"
    run = ran(tmp_path, "run", memory)
    sessions = pq.read_table(run.parts("sessions")[0]).to_pylist()
    assert sum(row["calls"] for row in sessions) > 0
    assert sum(row["tokens_in"] for row in sessions) > 0
    assert {row["exit"] for row in sessions} & {"failed"} == set()
    assert run.manifest["aa"]["different"] == 0
    traces = pq.read_table(run.parts("traces")[0])["exchanges"].to_pylist()
    assert any("reword@" in line for line in traces)


def test_a_memory_that_wants_words_from_a_brain_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="brain has no language model; name one"):
        ran(tmp_path, "run", "{kind: twinfeed, rewrite: true}")
    with pytest.raises(ScenarioError, match="unknown model kind 'magic'"):
        ran(tmp_path, "other", "{kind: twinfeed, rewrite: {kind: magic}}")
