"""A report as one HTML file and a chart as PNG, without a network; knows charts and text, no run."""

from html import escape

from ui.studio.charts import Drawn

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
pre {{ overflow-x: auto; background: #f5f6f8; padding: 1rem }} svg {{ max-width: 100%; height: auto }}</style></head>
<body><h1>{title}</h1>{chart}<pre>{text}</pre></body></html>
"""


def as_html(title: str, text: str, chart: Drawn) -> str:
    """Return one self-contained page: the chart as SVG above the report's text, everything escaped."""
    from vl_convert import vegalite_to_svg

    return PAGE.format(title=escape(title), text=escape(text), chart=vegalite_to_svg(chart.to_dict()))


def as_png(chart: Drawn, scale: float = 2.0) -> bytes:
    """Return the chart as PNG bytes on white, `scale` pixels a point."""
    from vl_convert import vegalite_to_png

    return vegalite_to_png(chart.properties(background="white").to_dict(), scale=scale)
