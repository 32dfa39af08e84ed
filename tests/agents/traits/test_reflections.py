"""Reflections written by hand are complete, short, marked, and don't repeat any questionnaire."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.traits.instruments import BIG_FIVE, load_instrument
from agents.traits.levels import Degree, Pole
from agents.traits.reflections import (
    FOLDER,
    Reflection,
    from_outside,
    load_reflections,
    read_reflections,
    reflect,
    slug,
    told,
    write_reflections,
)
from sandbox.errors import DataError

HAND = load_reflections()


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = text.lower().replace(",", "").replace(".", "").split()
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_by_hand_covers_both_poles_in_at_most_fifty_words_and_says_so():
    assert HAND.made == "written by hand"
    assert {(r.trait, r.pole) for r in HAND.reflections} == {(t, p) for t in BIG_FIVE for p in Pole}
    assert all(r.words <= 50 for r in HAND.reflections)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_has_all_ends_in_few_words_of_ones_own(path: Path):
    shipped = read_reflections(path)
    assert {(r.trait, r.pole) for r in shipped.reflections} == {(t, p) for t in BIG_FIVE for p in Pole}
    assert all(r.words <= 50 and len(r.lines) <= 3 for r in shipped.reflections)
    assert all(line.isascii() and line.endswith(".") for r in shipped.reflections for line in r.lines)
    assert load_reflections(shipped.model if shipped.model != "none" else "") == shipped
    assert load_reflections(f"owner/{shipped.model}" if shipped.model != "none" else "") == shipped
    assert load_reflections(f"/models/{shipped.model}/" if shipped.model != "none" else "/") == shipped


def test_by_hand_quotes_no_questionnaire():
    statements = set()
    for name in ("mini_ipip", "ipip_50", "ipip_neo_120", "own_big_five"):
        for statement in load_instrument(name).statements:
            statements |= _runs(statement.text, 4)
    for reflection in HAND.reflections:
        assert not statements & _runs(" ".join(reflection.lines), 4)


def test_a_reflection_has_a_paragraph_for_each_pole_by_degree():
    text = reflect({"openness": 2.5, "neuroticism": -0.7, "extraversion": 0.1}, HAND, seed=3, user=5)
    paragraphs = text.splitlines()
    assert len(paragraphs) == 2
    strong = next(p for p in paragraphs if p.startswith("This person is extremely like this:"))
    assert all(from_outside(line) in strong for line in HAND.find("openness", Pole.HIGH).lines)
    assert any(p.startswith("This person is somewhat like this:") for p in paragraphs)


def test_what_somebody_says_of_themself_is_told_from_outside():
    said = ["I'm calm, e.g.: I tell myself that my turn comes", "Noise wears me out,", "I've time. I was never late!"]
    assert told(said, Degree.CLEAR) == (
        "This person is clearly like this: They are calm, e.g.: They tell themself that their turn comes. "
        "Noise wears them out. They have time. They were never late!"
    )


@given(st.text(alphabet=string.ascii_letters + " .,'", max_size=60))
def test_from_outside_nobody_says_i(text: str):
    words = re.findall(r"[A-Za-z']+", from_outside(text))
    assert not {"I", "me", "my", "myself", "I'm", "I've"} & set(words)


def test_line_order_varies_between_users_and_is_stable_for_one():
    texts = {reflect({"openness": 1.5}, HAND, seed=0, user=user) for user in range(60)}
    assert len(texts) == 6
    assert reflect({"openness": 1.5}, HAND, 0, 7) == reflect({"openness": 1.5}, HAND, 0, 7)


def test_an_average_person_has_no_reflection():
    assert reflect({"openness": 0.4}, HAND, 0, 0) == ""


def test_a_model_without_reflections_gets_those_by_hand():
    assert load_reflections("nobody/has-run-this") == HAND


def test_a_file_survives_writing_and_reading(tmp_path: Path):
    better = Reflection(trait="openness", pole=Pole.HIGH, lines=("I wander.",), figures={"held_out_d": 1.25})
    changed = HAND.with_one(better)
    write_reflections(tmp_path / "new.yaml", changed)
    assert read_reflections(tmp_path / "new.yaml").find("openness", Pole.HIGH) == better
    assert len(changed.reflections) == len(HAND.reflections)


def test_a_missing_pole_or_bad_file_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="have none for honesty high"):
        HAND.find("honesty", Pole.HIGH)
    bad = tmp_path / "bad.yaml"
    bad.write_text("model: m\nmade: x\nreflections:\n  - {trait: openness, pole: middling, lines: [a]}\n")
    with pytest.raises(DataError, match=r"bad\.yaml: reflections\.0\.pole"):
        read_reflections(bad)


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.yaml: there is no such file or folder$"):
        read_reflections(tmp_path / "none.yaml")


def test_model_names_become_file_names():
    assert slug("HuggingFaceTB/SmolLM2-135M_Instruct") == "huggingfacetb-smollm2-135m-instruct"
    assert "/" not in slug("../../etc/passwd")


def test_a_folder_is_read_as_one_set(tmp_path: Path):
    for pole in Pole:
        one = HAND.model_copy(update={"reflections": (HAND.find("openness", pole),)})
        write_reflections(tmp_path / f"openness-{pole.value}.yaml", one)
    read = read_reflections(tmp_path)
    assert {r.pole: r.lines for r in read.reflections} == {p: HAND.find("openness", p).lines for p in Pole}
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="found none"):
        read_reflections(tmp_path / "empty")


def test_files_of_searches_on_different_statements_are_no_set(tmp_path: Path):
    for seed in (0, 1):
        write_reflections(tmp_path / f"{seed}.yaml", HAND.model_copy(update={"seed": seed}))
    assert read_reflections(tmp_path / "1.yaml").seed == 1
    with pytest.raises(DataError, match="with seed 0 and nothing with seed 1"):
        read_reflections(tmp_path)
