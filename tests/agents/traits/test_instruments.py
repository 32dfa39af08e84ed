"""The shipped instruments are keyed as published, and a user's file is refused with the reason."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.traits.instruments import BIG_FIVE, SHIPPED, Instrument, halves, load_instrument
from memory.embedders.onnx_minilm import MiniLM
from sandbox.errors import DataError
from sandbox.protocols import Embedder
from sandbox.testing import HashEmbedder

NEO_ORDER = ("neuroticism", "extraversion", "openness", "agreeableness", "conscientiousness")


@pytest.mark.parametrize(
    ("name", "size"), [("mini_ipip", 20), ("ipip_50", 50), ("ipip_neo_120", 120), ("own_big_five", 120)]
)
def test_big_five_forms_measure_the_five_traits_equally(name: str, size: int):
    instrument = load_instrument(name)
    assert len(instrument) == size
    assert set(instrument.traits) == set(BIG_FIVE)
    assert set(Counter(s.trait for s in instrument.statements).values()) == {size // 5}
    assert instrument.top == 5


def test_neo_120_has_published_order_facets_and_reversed_counts():
    neo = load_instrument("ipip_neo_120")
    assert [s.trait for s in neo.statements] == [NEO_ORDER[i % 5] for i in range(120)]
    assert set(Counter((s.trait, s.facet) for s in neo.statements).values()) == {4}
    assert len(neo.facets) == 30
    reversed_count = Counter(s.trait for s in neo.statements if s.key == -1)
    assert reversed_count == {
        "agreeableness": 17,
        "conscientiousness": 13,
        "openness": 12,
        "neuroticism": 7,
        "extraversion": 6,
    }


def test_our_own_statements_are_balanced_over_the_facets_of_neo_120():
    own = load_instrument("own_big_five")
    assert set(own.facets) == set(load_instrument("ipip_neo_120").facets)
    counts = Counter((s.trait, s.facet, s.key) for s in own.statements)
    assert (len(counts), set(counts.values())) == (60, {2})


@pytest.mark.parametrize("embedder", [HashEmbedder(), MiniLM(threads=1)], ids=lambda e: e.name)
def test_our_own_statements_nearly_copy_no_ipip_statement_and_no_other(embedder: Embedder):
    texts = [s.text for s in load_instrument("own_big_five").statements]
    ipip = {s.text for name in ("mini_ipip", "ipip_50", "ipip_neo_120") for s in load_instrument(name).statements}
    own, theirs = embedder.embed(texts), embedder.embed(sorted(ipip))
    assert not [text for text, cosine in zip(texts, (own @ theirs.T).max(axis=1), strict=True) if cosine >= 0.8]
    among = np.triu(own @ own.T, k=1)
    assert not [(texts[a], texts[b]) for a, b in np.argwhere(among >= 0.8)]


def test_shared_statements_are_keyed_alike():
    markers = {s.text: (s.trait, s.key) for s in load_instrument("ipip_50").statements}
    shared = [s for s in load_instrument("mini_ipip").statements if s.text in markers]
    assert len(shared) == 20
    assert all(markers[s.text] == (s.trait, s.key) for s in shared)


@pytest.mark.parametrize(("name", "traits"), [("value_portraits", 10), ("moral_portraits", 5)])
def test_portraits_are_balanced(name: str, traits: int):
    portraits = load_instrument(name)
    assert len(portraits.traits) == traits
    assert set(Counter((s.trait, s.key) for s in portraits.statements).values()) == {2}
    assert "portrait" in portraits.stem


@pytest.mark.parametrize("name", SHIPPED)
@given(seed=st.integers(0, 2**32))
def test_halves_share_nothing_and_lose_nothing(name: str, seed: int):
    instrument = load_instrument(name)
    first, second = halves(instrument, seed)
    assert not {s.id for s in first.statements} & {s.id for s in second.statements}
    assert len(first) + len(second) == len(instrument)
    assert set(first.traits) == set(second.traits) == set(instrument.traits)
    assert set(first.facets) == set(second.facets) == set(instrument.facets)
    assert halves(instrument, seed) == (first, second)


def test_another_seed_cuts_other_halves():
    neo = load_instrument("ipip_neo_120")
    assert halves(neo, 1)[0].statements != halves(neo, 2)[0].statements


def test_a_single_statement_cannot_be_halved():
    mini = load_instrument("mini_ipip")
    lonely = Instrument("lonely", mini.statements[:1])
    with pytest.raises(DataError, match="one statement"):
        halves(lonely, 0)


def _entry(**changes: object) -> dict[str, object]:
    entry = {"instrument": "mine", "id": "a", "text": "Like it", "trait": "openness", "facet": None, "key": 1}
    return {**entry, **changes}


def test_a_users_file_of_either_shape_is_read(tmp_path: Path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([_entry()]))
    assert load_instrument(str(path)).name == "mine"
    path.write_text(json.dumps({"statements": [_entry()], "stem": "True?", "answers": ["no", "yes"]}))
    read = load_instrument(str(path))
    assert (read.stem, read.answers, read.top) == ("True?", ("no", "yes"), 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[{]", "line 1, column 3"),
        (json.dumps([_entry(), _entry(id="b", key=0)]), "entry 2, key"),
        (json.dumps([_entry(text="")]), "entry 1, text"),
        (json.dumps([_entry(kee=1)]), "entry 1, kee"),
        (json.dumps([_entry(), _entry()]), "'a' stands twice"),
        (json.dumps([_entry(), _entry(id="b", instrument="other")]), "several instruments"),
        ("[]", "statements"),
    ],
)
def test_a_faulty_file_is_refused_by_name_and_place(tmp_path: Path, content: str, told: str):
    path = tmp_path / "faulty.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"faulty\.json") as refused:
        load_instrument(str(path))
    assert told in str(refused.value)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(DataError, match=r"did you mean 'mini_ipip', or a path to a JSON file of statements\?$"):
        load_instrument("mini_ipp")


def test_a_name_near_to_none_is_refused_with_all():
    with pytest.raises(DataError, match=rf"one of {', '.join(SHIPPED)}, or a path to a JSON file of statements$"):
        load_instrument("zzz")
