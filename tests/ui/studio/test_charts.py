"""Charts: every metric of the forest has its own label and room for it; users are counted in whole numbers."""

from ui.studio.charts import AROUND, forest, sequential


def effect(number: int) -> dict:
    change = {"relative": 0.1, "relative_low": 0.0, "relative_high": 0.2, "p_adjusted": 0.01}
    return {"label": f"metric {number}", "arm": "b", **change}


def test_no_label_of_the_forest_is_left_out() -> None:
    drawn = forest([effect(n) for n in range(11)], 0.05).to_dict()
    assert drawn["layer"][1]["encoding"]["y"]["axis"]["labelOverlap"] is False
    assert (drawn["height"] - AROUND) / 11 >= 20


def test_a_single_look_is_a_point_and_users_are_whole() -> None:
    look = {"users": 20, "difference": 0.0, "low": -0.1, "high": 0.1}
    one, two = (sequential(looks).to_dict()["layer"][2] for looks in ([look], [look, {**look, "users": 40}]))
    assert one["encoding"]["x"]["axis"]["format"] == ",d"
    assert (one["mark"]["point"], two["mark"]["point"]) == (True, False)
