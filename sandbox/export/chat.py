"""Sessions as chat messages, one JSON line each, for fine-tuning and evaluation; knows events, no prompt of any brain.

The system message is the persona, each page is a user message, each action an assistant message in JSON. Sessions
that failed are left out: a model should not be taught to fail.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from sandbox.export.log import Log

_STEPS = """
    WITH cards AS (
        SELECT arm, world, "user", session, request, list(t.title ORDER BY position, i.item) AS titles,
            list(i.item ORDER BY position, i.item) AS items
        FROM impressions i JOIN items t ON t."index" = i.item GROUP BY ALL)
    SELECT CAST(s.arm AS VARCHAR), s.world, s."user", s.session, CAST(s.page AS VARCHAR), CAST(s.action AS VARCHAR),
        s.item, t.title, s.rating, c.titles, c.items, p.text, CAST(e.exit AS VARCHAR)
    FROM steps s JOIN sessions e USING (arm, world, "user", session)
        LEFT JOIN cards c ON (c.arm, c.world, c."user", c.session, c.request)
            = (s.arm, s.world, s."user", s.session, s.page_number)
        LEFT JOIN items t ON t."index" = s.item
        LEFT JOIN personas p ON p."user" = s."user"
    WHERE e.exit <> 'failed'
    ORDER BY s.arm, s.world, s."user", s.session, s.step"""
_TASK = "You are browsing a recommendation site. Answer every page with one action as JSON."


def write_trajectories(log: Log, target: Path) -> int:
    """Write one line per session, {"messages": [...], "metadata": {...}}, and return how many there are."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with target.open("w", encoding="utf-8") as file:
        for told in _sessions(log):
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
            written += 1
    return written


def _sessions(log: Log) -> Iterator[dict[str, Any]]:
    query = _STEPS if "text" in log.columns_of("personas") else _STEPS.replace("p.text", "''")
    cursor = log.database.cursor()
    try:
        found = cursor.execute(query)
        rows = (row for chunk in iter(lambda: found.fetchmany(5000), []) for row in chunk)
        for key, steps in groupby(rows, key=lambda row: row[:4]):
            yield _told(log.name, key, list(steps))
    finally:
        cursor.close()


def _told(run: str, key: tuple, steps: list[tuple]) -> dict[str, Any]:
    arm, world, user, session = key
    messages = [{"role": "system", "content": f"{_TASK}\n\n{steps[0][11] or ''}".strip()}]
    for step in steps:
        messages.append({"role": "user", "content": _page(step)})
        messages.append({"role": "assistant", "content": json.dumps(_action(step), ensure_ascii=False)})
    known = {"run": run, "arm": arm, "world": world, "user": user, "session": session, "exit": steps[0][12]}
    return {"messages": messages, "metadata": {**known, "synthetic": True}}


def _page(step: tuple) -> str:
    page, title, titles = step[4], step[7], step[9] or []
    if page == "detail":
        return f"Detail page: {_line(title)}"
    return "\n".join([f"{page.capitalize()} page:", *(f"{n}. {_line(t)}" for n, t in enumerate(titles, 1))])


def _action(step: tuple) -> dict[str, Any]:
    action, item, rating, items = step[5], step[6], step[8], step[10] or []
    if action == "click" and item in items:
        return {"action": action, "card": items.index(item) + 1}
    return {"action": action, "rating": rating} if action == "rate" else {"action": action}


def _line(text: Iterable[str] | None) -> str:
    """Keep a title on its one line."""
    return " ".join("".join(text or "").split())
