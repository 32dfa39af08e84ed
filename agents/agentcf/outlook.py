"""What a user agent sees before it picks or ranks: memories, groups and items put together; knows no writer's words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from agents.agentcf.seams import Mind, Outlook
from agents.agentcf.settings import Settings

Variant = Literal["B", "B+R", "B+H"]
RECENT, HISTORY = 5, 20  # titles told of each group; titles of B+H


def look_out(
    mind: Mind, owner: str, domain: str, items: Sequence[int], time: float, *, grouped: bool, fused: str | None = None
) -> Outlook:
    """Gather what bears on a choice among items of one domain.

    Args:
        mind: whose memories to read.
        owner: the user.
        domain: of the items.
        items: as they are listed.
        time: the present, in the unit of the group memory.
        grouped: whether group memory is read now.
        fused: a text to use instead of the kept one.
    """
    own, kept = own_texts(mind, owner, domain)
    circles = mind.circles if grouped else None
    recent = circles.recent(owner, domain, RECENT, time) if circles else ()
    return Outlook(
        owner=owner,
        domain=domain,
        separated=own,
        fused=kept if fused is None else fused,
        items=tuple(mind.catalogue[item] for item in items),
        memories=tuple(mind.layers.item(item) for item in items),
        crowd=circles.popularity(owner, domain, items, time) if circles else (0.0,) * len(items),
        circles=tuple((name, tuple(mind.catalogue[i].title for i in titles)) for name, titles in recent),
    )


def reread(mind: Mind, outlook: Outlook) -> Outlook:
    """Return an outlook with the texts as they are by now; what was heard of the groups stays."""
    own, fused = own_texts(mind, outlook.owner, outlook.domain)
    memories = tuple(mind.layers.item(item.index) for item in outlook.items)
    return replace(outlook, separated=own, fused=fused, memories=memories)


def own_texts(mind: Mind, owner: str, domain: str) -> tuple[str, str]:
    """Return the separated and the fused text for a domain; a single memory stands in the fused place."""
    home = mind.settings.home(domain)
    own = mind.layers.read("separated", owner, home) if mind.settings.dual else ""
    return own, mind.layers.read("fused", owner, home)


def reads_groups(settings: Settings, *, training: bool) -> bool:
    """Say whether group memory is read in this phase."""
    return settings.shared == "always" or (settings.shared == "test" and not training)


async def fused_text(mind: Mind, owner: str, domain: str) -> str:
    """Return the fused text of a domain for a ranking: fused again, or made up where the user never acted there.

    Nothing is written: the user's memory changes only when the user acts.

    Raises:
        ReplyError: the writer gave no valid answer.
    """
    own, kept = own_texts(mind, owner, domain)
    texts = {d: mind.layers.read("separated", owner, d) for d in mind.layers.domains("separated", owner)}
    others = {d: text for d, text in texts.items() if d != domain}
    if not mind.settings.dual or not others or (kept and not mind.settings.refresh):
        return kept
    if mind.settings.fusion == "one_call":
        return await mind.writer.fuse(domain, kept, texts)
    return await mind.writer.integrate(domain, kept, own, await mind.writer.extract(domain, own, others))


def nearest_past(mind: Mind, owner: str, domain: str, outlook: Outlook) -> tuple[str, ...]:
    """Return the earlier memory nearest to the candidates by shared words (AgentCF's B+R); none before there is one."""
    layer = "separated" if mind.settings.dual else "fused"
    versions = mind.layers.past(layer, owner, mind.settings.home(domain))
    wanted = Counter(word for text in outlook.memories for word in text.lower().split())
    if not versions:
        return ()
    return (max(versions, key=lambda text: sum(wanted[word] for word in set(text.lower().split()))),)
