"""The trait bench as text of at most 100 columns: shifts, steadiness, enjoyment, matrices; knows only its result."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ui.output import table

Row = Mapping[str, Any]
RIVALS = {
    "gain_of_reflection": "adjectives",
    "gain_over_definition": "definition",
    "gain_over_by_hand": "reflections by hand",
}
KEPT = "kept_after_"
FAIR_JUDGE = 0.7  # AUC
DEAF_JUDGE = "WARNING: too little for the judge's word on open situations to be evidence"
MEASURED = {
    "d_questionnaire": "statements",
    "d_behaviour": "choices",
    "d_open": "open situations",
    "superficiality": "choices over statements",
}


def figure(value: float | None, digits: int = 2) -> str:
    """Write a figure with its sign, '-' where there is none."""
    return "-" if value is None else f"{value:+.{digits}f}"


def estimate(row: Row, name: str, digits: int = 2) -> str:
    """Write a figure with its interval in brackets, without one where there are too few tasks to say."""
    ends = row.get(f"{name}_low"), row.get(f"{name}_high")
    said = figure(row.get(name), digits)
    return said if None in ends else f"{said} [{figure(ends[0], digits)}, {figure(ends[1], digits)}]"


def model_text(told: Row) -> Iterator[str]:
    """Yield the blocks of a model's measurement, one table or paragraph each."""
    yield _head(told)
    rows: Sequence[Row] = told["rows"]
    yield "shift between the poles at 1.5 sd (d, 95 % interval over tasks)\n" + table([_shift(row) for row in rows])
    yield (
        "shift in choices over that in statements; dose-response; share of the latter shift left after\n"
        + table([_steady(row) for row in rows])
    )
    if any("r_enjoyment" in row for row in rows):
        yield "openness and the enjoyment of a list, beside people's r = +0.064\n" + table([_joy(row) for row in rows])
        yield from (f"WARNING {row['wording']}: {row['verdict']}\n" for row in rows if _exaggerates(row))
    yield "answer points by which a column's score moves when the row's trait goes from low to high\n"
    yield from (_matrix(row, told["traits"]) for row in rows)
    yield from (_gain(told[name], rival) for name, rival in RIVALS.items() if told.get(name))


def _head(told: Row) -> str:
    asked = f"{told['held_out_statements']} statements of {told['instrument']}, {told['held_out_choices']} choices"
    lines = [f"{told['model']}: {asked}, all held out", f"reflections: {told['reflections']}"]
    if judge := told.get("judge_accuracy"):
        known = f"{judge['texts']:.0f} texts of known end with AUC {judge['auc']:.2f}"
        lines += [f"judge {told['judge']}: tells the ends of {known}", *([DEAF_JUDGE] * (judge["auc"] < FAIR_JUDGE))]
    bare = ", ".join(f"{trait} {score:.2f}" for trait, score in told["no_persona"].items())
    return "\n".join([*lines, f"without a persona it scores: {bare}"]) + "\n"


def _shift(row: Row) -> dict[str, str]:
    cells = {"wording": row["wording"], "statements": estimate(row, "d_questionnaire")}
    cells["choices"] = estimate(row, "d_behaviour")
    if "d_open" in row:
        cells["open"] = estimate(row, "d_open")
    return cells


def _steady(row: Row) -> dict[str, str]:
    kept = {_later(name): value for name, value in row.items() if name.startswith(KEPT)}
    share, dose = estimate(row, "superficiality"), figure(row["dose_response"])
    cells = {"wording": row["wording"], "choices/statements": share, "dose (rho)": dose}
    return cells | {name: "-" if v is None else f"{v:.0%}" for name, v in kept.items()}


def _later(name: str) -> str:
    return name.removeprefix(KEPT).replace("_irrelevant", " idle turns").replace("_steps", " steps").replace("_", ", ")


def _joy(row: Row) -> dict[str, str]:
    times = row.get("exaggeration_ratio")
    ratio = "-" if times is None else f"{times:+.1f}"
    return {"wording": row["wording"], "r": estimate(row, "r_enjoyment", 3), "times people's": ratio} | {
        "verdict": str(row.get("verdict", "-"))
    }


def _exaggerates(row: Row) -> bool:
    return "exaggerates" in str(row.get("verdict", ""))


def _matrix(row: Row, traits: Sequence[str]) -> str:
    lines = [
        {"moved": moved, **{t[:13]: figure(x) for t, x in zip(traits, shifts, strict=True)}}
        for moved, shifts in zip(traits, row["discriminant"], strict=True)
    ]
    means = f"own {figure(row['own_shift'])}, others {figure(row['other_shift'])} in size"
    return f"{row['wording']} ({means})\n{table(lines)}"


def _gain(gain: Row, rival: str) -> str:
    said = [
        f"  {label}: {estimate(gain, name)}{_clear(gain, name)}" for name, label in MEASURED.items() if name in gain
    ]
    return f"reflection less {rival}\n" + "\n".join(said) + "\n"


def _clear(gain: Row, name: str) -> str:
    low, high = gain.get(f"{name}_low"), gain.get(f"{name}_high")
    if low is None or high is None:
        return ""
    return "  above zero" if low > 0 else "  below zero" if high < 0 else "  not resolved"


def behaviour_text(told: Row) -> Iterator[str]:
    """Yield the blocks of what traits do to the choice model's users."""
    power = told["power"]
    smallest = power["smallest_r_shown"]
    shown = f"{told['users']:,} show r = {smallest:.3f}" if smallest else f"{told['users']:,} are too few for any"
    yield f"{told['users']:,} users on {told['catalogue']}; r = .064 needs {power['users_for_r_064']:,}, {shown}\n"
    rows = [
        {
            "trait": row["trait"],
            "behaviour": row["behaviour"],
            "r": estimate(row, "r", 3),
            "people": figure(row["human_r"], 3),
            "verdict": row["verdict"],
        }
        for row in told["rows"]
    ]
    yield table(rows)
    for name in ("serendipity_arm", "recoverability", "dose_response"):
        yield f"{name.replace('_', ' ')}: " + ", ".join(f"{k} {figure(v)}" for k, v in told[name].items()) + "\n"
    crossed = told["interaction_openness"]
    found = ", ".join(f"{name} {estimate(crossed, f'r_{name}', 3)}" for name in ("clicks", "mean_rating"))
    yield f"openness x serendipity: {found}\n"
