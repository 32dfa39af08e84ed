"""Ranking candidates with trained memories, in the three prompt variants; knows no metric and no training."""

from collections.abc import Sequence
from dataclasses import replace

from agents.agentcf.outlook import HISTORY, Variant, fused_text, look_out, nearest_past, reads_groups
from agents.agentcf.seams import Mind, Outlook


async def outlook_on(
    mind: Mind,
    owner: str,
    domain: str,
    items: Sequence[int],
    time: float,
    history: Sequence[int] = (),
    variant: Variant = "B",
) -> Outlook:
    """Return what the user looks at before it ranks candidates of one domain.

    Args:
        mind: the trained memories.
        owner: the user.
        domain: of the candidates.
        items: the candidates as listed.
        time: the present, in the unit of the group memory.
        history: the user's choices so far, oldest first; B+H shows the last twenty.
        variant: B basic, B+R with the nearest earlier memory, B+H with titles of the history.

    Raises:
        ReplyError: the fused memory could not be had from the writer.
    """
    fused = await fused_text(mind, owner, domain)
    grouped = reads_groups(mind.settings, training=False)
    outlook = look_out(mind, owner, domain, items, time, grouped=grouped, fused=fused)
    if variant == "B+R":
        return replace(outlook, past=nearest_past(mind, owner, domain, outlook))
    if variant == "B+H":
        return replace(outlook, history=tuple(mind.catalogue[item].title for item in history[-HISTORY:]))
    return outlook
