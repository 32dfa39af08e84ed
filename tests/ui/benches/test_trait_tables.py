"""The trait bench in words: every figure with its interval, matrices, gains, and a warning where it exaggerates."""

from typing import Any

import pytest

from ui.benches.trait_tables import behaviour_text, estimate, model_text

ROW: dict[str, Any] = {
    "wording": "reflection",
    "d_questionnaire": 0.9, "d_questionnaire_low": 0.7, "d_questionnaire_high": 1.1,
    "d_behaviour": 0.5, "d_behaviour_low": None, "d_behaviour_high": None,
    "d_open": 0.1, "d_open_low": 0.0, "d_open_high": 0.2,
    "superficiality": 0.55, "superficiality_low": 0.4, "superficiality_high": 0.7,
    "dose_response": 0.95,
    "kept_after_10_irrelevant": 0.8, "kept_after_20_steps": None, "kept_after_20_steps_reminded": 1.02,
    "r_enjoyment": 0.4, "r_enjoyment_low": 0.3, "r_enjoyment_high": 0.5,
    "exaggeration_ratio": 6.2, "verdict": "exaggerates more than 2x",
    "discriminant": [[0.91, -0.12], [0.03, 0.77]], "own_shift": 0.84, "other_shift": 0.08,
}  # fmt: skip
GAIN = {
    "d_questionnaire": 0.2, "d_questionnaire_low": 0.1, "d_questionnaire_high": 0.3,
    "d_behaviour": -0.2, "d_behaviour_low": -0.3, "d_behaviour_high": -0.1,
    "d_open": 0.0, "d_open_low": -0.1, "d_open_high": 0.1,
    "superficiality": None, "superficiality_low": None, "superficiality_high": None,
}  # fmt: skip
TOLD: dict[str, Any] = {
    "model": "m",
    "judge": "j",
    "judge_accuracy": {"share_right": 0.5, "auc": 0.55, "texts": 30.0},
    "instrument": "ipip_neo_120/test+ipip_50+own_big_five",
    "held_out_statements": 216,
    "held_out_choices": 360,
    "traits": ["openness", "extraversion"],
    "reflections": "optimised by IROTE",
    "no_persona": {"openness": 3.1, "extraversion": 2.9},
    "gain_of_reflection": GAIN,
    "gain_over_definition": None,
    "gain_over_by_hand": None,
    "rows": [ROW, {**ROW, "wording": "adjectives", "verdict": "within 2x"}],
}


@pytest.fixture(scope="module")
def text() -> str:
    return "\n".join(model_text(TOLD))


def test_shifts_and_shares_come_with_their_intervals(text: str):
    assert "+0.90 [+0.70, +1.10]" in text
    assert "+0.55 [+0.40, +0.70]" in text
    assert estimate(ROW, "d_behaviour") == "+0.50"
    assert estimate({}, "d_open") == "-"


def test_what_is_left_after_steps_and_idle_turns_is_told(text: str):
    for words in ("10 idle turns", "20 steps", "20 steps, reminded", "80%", "102%"):
        assert words in text


def test_the_whole_matrix_is_told_for_each_wording(text: str):
    assert "reflection (own +0.84, others +0.08 in size)" in text
    assert "adjectives (own" in text
    for figure in ("+0.91", "-0.12", "+0.03", "+0.77"):
        assert text.count(figure) == 2


def test_an_exaggerating_wording_and_a_deaf_judge_are_warned_of(text: str):
    assert "WARNING reflection: exaggerates more than 2x" in text
    assert "WARNING adjectives" not in text
    assert "too little for the judge's word" in text


def test_gains_say_whether_their_intervals_exclude_zero(text: str):
    assert "statements: +0.20 [+0.10, +0.30]  above zero" in text
    assert "choices: -0.20 [-0.30, -0.10]  below zero" in text
    assert "open situations: +0.00 [-0.10, +0.10]  not resolved" in text
    assert "definition" not in text


def test_lines_fit_a_terminal(text: str):
    assert max(map(len, text.splitlines())) <= 100


def test_behaviour_is_told_beside_people():
    told = {
        "users": 2000,
        "catalogue": "toy",
        "power": {"users_for_r_064": 1914, "smallest_r_shown": 0.0625},
        "rows": [
            {"trait": "openness", "behaviour": "clicks", "r": 0.1, "r_low": 0.0, "r_high": 0.2, "human_r": 0.064}
            | {"verdict": "not resolved"}
        ],
        "serendipity_arm": {"d_clicks": -0.4},
        "recoverability": {"openness": 0.13},
        "dose_response": {"openness_familiarity": None},
        "interaction_openness": {"r_clicks": 0.02, "r_clicks_low": 0.0, "r_clicks_high": 0.04, "r_mean_rating": 0.0},
    }
    text = "\n".join(behaviour_text(told))
    assert "r = .064 needs 1,914" in text
    assert "+0.100 [+0.000, +0.200]" in text
    assert "openness_familiarity -" in text
    assert "clicks +0.020 [+0.000, +0.040], mean_rating +0.000" in text
