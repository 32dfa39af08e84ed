"""Titles as catalogues write them, put into reading order; knows English and the main European articles."""

import re

ARTICLES = "The|A|An|Le|La|Les|L'|Un|Une|Il|Lo|Gli|I|El|Los|Las|Der|Die|Das|Ein|Eine|Det|Den|De|Het|En|Et|O|Os|As|Al|Y"
YEAR = re.compile(r"\s*\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$")
ASIDE = re.compile(r"\(([^()]*)\)")
INVERTED = re.compile(rf"^(.*\S), ({ARTICLES})$", re.DOTALL)


def read_title(title: str) -> tuple[str, int | None]:
    """Split a catalogue title into its reading form and its year.

    'Matrix, The (1999)' gives ('The Matrix', 1999); an alternative title in brackets is turned the same way.
    """
    title = title.strip()
    year = YEAR.search(title)
    if year:
        title = title[: year.start()].strip()
    main, bracket, rest = title.partition(" (")
    turned = _turn(main) + bracket + rest
    return ASIDE.sub(lambda aside: f"({_turn(aside[1])})", turned), int(year[1]) if year else None


def _turn(title: str) -> str:
    """Move a trailing article to the front: 'Uomo delle stelle, L'' gives 'L'Uomo delle stelle'."""
    inverted = INVERTED.match(title)
    if not inverted:
        return title
    name, article = inverted.groups()
    return f"{article}{name}" if article.endswith("'") else f"{article} {name}"
