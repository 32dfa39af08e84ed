"""A report as text: a table of at most 100 columns for a terminal, and Markdown; knows no data but the report."""

from collections.abc import Callable, Mapping, Sequence
from math import floor, log10
from textwrap import fill

from sandbox.checks import Check
from sandbox.inference import Effect, Guarded
from sandbox.report import Report
from sandbox.trial import MEASURES

WIDTH = 100


def number(value: float | None) -> str:
    """Write a value with three or four significant digits and no exponent."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    places = 3 - floor(log10(abs(value)))
    return f"{value:,.{max(0, min(6, places))}f}"


def percent(value: float | None) -> str:
    """Write a share as a signed percentage."""
    return "-" if value is None else f"{value:+.1%}"


def p_value(value: float | None) -> str:
    """Write a p-value with three digits, or as below one in ten thousand."""
    if value is None:
        return "-"
    return "<.0001" if value < 0.0001 else f"{value:.4f}".lstrip("0") if value < 1 else "1"


def interval(low: float | None, high: float | None, write: Callable[[float | None], str]) -> str:
    """Write an interval in brackets, '-' where there is none."""
    return "-" if low is None or high is None else f"[{write(low)}, {write(high)}]"


def as_terminal(report: Report) -> str:
    """Lay the report out for a terminal."""
    blocks = ["\n".join(map(_wrapped, _title(report)))]
    for arm in report.arms[1:]:
        rows = [row for row in report.rows if row.arm == arm.name]
        blocks.append(_table(_cells(rows, report)))
        blocks.append("\n".join(map(_wrapped, _notes(report, arm.name))))
    if len(report.arms) == 1:
        only = report.arms[0]
        blocks.append(
            _table([["metric", only.name], *([MEASURES[m].label, number(v)] for m, v in only.values.items())])
        )
    if report.trait_power:
        blocks += [*([_table(_slope_cells(report))] if report.interactions else []), _wrapped(trait_note(report))]
    blocks.append(_table(_exit_cells(report)))
    blocks.extend(_wrapped(line) for line in _closing(report))
    return "\n\n".join(blocks) + "\n"


def _slope_cells(report: Report) -> list[list[str]]:
    """Lay out by how much each effect changes with one deviation of a trait, as a share of the control's value."""
    several = len(report.arms) > 2
    head = [
        "effect by trait",
        "metric",
        *(["arm"] if several else []),
        "for one sd",
        f"{1 - report.alpha:.0%} interval",
        "r",
        "p",
        "adj. p",
    ]
    body = [
        [
            slope.trait + (" *" if slope.planned else ""),
            slope.label,
            *([slope.arm[:12]] if several else []),
            percent(slope.relative),
            interval(slope.relative_low, slope.relative_high, percent),
            "-" if slope.r is None else f"{slope.r:+.3f}",
            p_value(slope.p),
            p_value(slope.p_adjusted),
        ]
        for slope in report.interactions
    ]
    return [head, *body]


def trait_note(report: Report) -> str:
    """Say what was known of a study of traits before it was run, and how to read its table."""
    note = report.trait_power
    assert note is not None
    enough = "enough" if note.users >= note.users_needed else "too few"
    return (
        f"power, computed beforehand: an interaction of r = {note.planned_r:.3g} needs {note.users_needed:,} users for "
        f"80 %; {note.users:,} are {enough}, and show r = {note.smallest_r:.3f}. By how much an arm's effect changes "
        "with one deviation of a trait, as a share of the control's value; users made from one person of the log "
        "count together; p adjusted by Holm for * (planned), by Benjamini-Hochberg for the others. What a trait "
        "moves in a simulated user is what its brain was given or told."
    )


def _title(report: Report) -> list[str]:
    worlds = f", {report.worlds} worlds" if report.worlds > 1 else ""
    what = f"{report.users} users x {report.sessions} sessions{worlds}, brain {report.brain}, seed {report.seed}"
    head = f"{report.scenario}: {report.design} design, {what}"
    return [head, report.description] if report.description else [head]


def _cells(rows: Sequence[Effect], report: Report) -> list[list[str]]:
    level = f"{1 - report.alpha:.0%}"
    names = (rows[0].control_arm, rows[0].arm) if rows else ("control", "treatment")
    head = ["metric", *(name[:12] for name in names), "change", f"{level} interval of it", "p", "adj. p"]
    body = [
        [
            row.label + (" *" if row.family == "primary" else ""),
            number(row.control),
            number(row.treatment),
            percent(row.relative),
            interval(row.relative_low, row.relative_high, percent),
            p_value(row.p),
            p_value(row.p_adjusted),
        ]
        for row in rows
    ]
    return [head, *body]


def _table(cells: Sequence[Sequence[str]]) -> str:
    """Lay out cells: the first column to the left, all others to the right."""
    widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
    lines = [
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _notes(report: Report, arm: str) -> list[str]:
    lines = [f"* primary; p adjusted by Holm (primary) and Benjamini-Hochberg (secondary); {arm} against the first arm"]
    lines += [f"guardrail: {guardrail(rail)}" for rail in report.guardrails if rail.arm == arm]
    lines += [pairing(row) for row in report.rows if row.arm == arm and row.family == "primary" and row.rho is not None]
    lines += [power(row) for row in report.rows if row.arm == arm and row.family == "primary" and row.detectable]
    return lines


def guardrail(rail: Guarded) -> str:
    """Say how one guardrail fared."""
    word = {"holds": "holds", "unproven": "is not proven to hold", "broken": "is broken"}[rail.status]
    label = MEASURES[rail.metric].label
    return f"{label} may worsen by at most {rail.margin:.0%}: {word} (one-sided p {p_value(rail.p)})"


def pairing(row: Effect) -> str:
    """Say what twins gained over independent users."""
    if row.multiplier is None or row.narrower is None:
        return f"twins: {row.label} differs by the same in every pair, so its interval has no width"
    return (
        f"twins: correlation {row.rho:.2f} of {row.label}, so the interval is {row.narrower:.2f} times as wide as with "
        f"independent users in as many sessions (one pair is worth {row.multiplier:.1f} of them)"
    )


def power(row: Effect) -> str:
    """Say what the test could have seen."""
    needed = "" if row.users_needed is None else f"; the planned change needs {row.users_needed:,} users per arm"
    return f"power: a change of {row.detectable:.1%} in {row.label} is found 80 % of the time{needed}"


def check(found: Check) -> str:
    """Say how one check came out."""
    word = {"pass": "ok", "warn": "WARNING", "block": "FAILED"}[found.status]
    p = "" if found.p is None else f", p {p_value(found.p)}"
    return f"{found.name}: {word} ({found.detail}{p})"


def _exit_cells(report: Report) -> list[list[str]]:
    reasons = list(report.arms[0].exits)
    head = ["sessions ended as", *reasons]
    return [head, *([arm.name, *(f"{arm.exits[reason]:.1%}" for reason in reasons)] for arm in report.arms)]


def _closing(report: Report) -> list[str]:
    loud = [f"check {check(found)}" for found in report.checks if found.status != "pass"]
    quiet = dict.fromkeys(found.name.partition(",")[0] for found in report.checks if found.status == "pass")
    lines = [*loud, f"checks passed: {', '.join(quiet)}"]
    if any(arm.tokens for arm in report.arms):
        spent = ", ".join(f"{arm.name} {arm.tokens:,}" for arm in report.arms)
        lines.append(f"tokens of language models, in and out: {spent}")
    if report.aa:
        lines.append(f"A/A: {report.aa.rejected:.1%} of {report.aa.splits} random halves of the control 'differ'")
    lines += [f"A/A: {found.detail}" for found in report.checks if found.name == "A/A, replay"]
    if report.fidelity:
        plain = {name: value for name, value in report.fidelity.items() if not isinstance(value, dict)}
        lines.append("fidelity of the brain: " + "; ".join(fidelity(plain)))
    lines += [f"VERDICT {verdict.arm}: {verdict.word}. {verdict.reason}." for verdict in report.verdicts]
    return [*lines, report.limits]


def fidelity(evidence: Mapping[str, object]) -> list[str]:
    """Write the evidence for the brain, one phrase per figure."""
    return [f"{name.replace('_', ' ')} {_plain(value)}" for name, value in evidence.items()]


def _plain(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k.replace('_', ' ')} {_plain(v)}" for k, v in value.items()) + ")"
    return str(value)


def _wrapped(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="  ")


def as_markdown(report: Report) -> str:
    """Lay the report out as Markdown."""
    parts = [f"# {_escaped(report.scenario)}", *map(_escaped, _title(report))]
    for verdict in report.verdicts:
        parts.append(f"**{_escaped(verdict.arm)}: {verdict.word}.** {_escaped(verdict.reason)}.")
    for arm in report.arms[1:]:
        rows = [row for row in report.rows if row.arm == arm.name]
        parts.append(f"## {_escaped(arm.name)} against {_escaped(report.arms[0].name)}")
        parts.append(_markdown_table(_wide_cells(rows, report)))
        parts.append("\n".join(f"- {_escaped(line)}" for line in _notes(report, arm.name)))
    if report.trait_power:
        parts += ["## Effect by trait", *([_markdown_table(_slope_cells(report))] if report.interactions else [])]
        parts.append(_escaped(trait_note(report)))
    parts += ["## How sessions ended", _markdown_table(_exit_cells(report))]
    parts += ["## Arms", _markdown_table(_arm_cells(report))]
    parts += ["## Checks", "\n".join(f"- {_escaped(check(found))}" for found in report.checks)]
    if report.fidelity:
        parts += ["## Fidelity of the brain", "\n".join(f"- {_escaped(line)}" for line in fidelity(report.fidelity))]
    return "\n\n".join([*parts, "## Limits", _escaped(report.limits)]) + "\n"


def _wide_cells(rows: Sequence[Effect], report: Report) -> list[list[str]]:
    cells = _cells(rows, report)
    cells[0][3:3] = ["difference", f"{1 - report.alpha:.0%} interval"]
    for line, row in zip(cells[1:], rows, strict=True):
        line[3:3] = [number(row.difference), interval(row.low, row.high, number)]
    return cells


def _arm_cells(report: Report) -> list[list[str]]:
    head = ["arm", "recommender", "brain", "users", "sessions", "impressions", "failed", "invalid replies", "tokens"]
    return [
        head,
        *(
            [
                *(arm.name, arm.recommender, arm.brain, f"{arm.users:,}", f"{arm.sessions:,}", f"{arm.impressions:,}"),
                *(f"{arm.failed_share:.2%}", f"{arm.invalid_share:.2%}", f"{arm.tokens:,}"),
            ]
            for arm in report.arms
        ),
    ]


def _markdown_table(cells: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(_escaped(text) for text in line) + " |" for line in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(cells[0]), *lines[1:]])


def _escaped(text: str) -> str:
    """Keep text from outside from speaking Markdown or HTML."""
    return "".join("\\" + c if c in "|*_`[]#\\" else "&lt;" if c == "<" else c for c in text)
