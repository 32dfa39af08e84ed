"""The studio's frame and router: `streamlit run` starts here; knows the pages and nothing of what is on them."""

from pathlib import Path

import streamlit as st

from ui.studio.frame import keep_run

VIEWS = Path(__file__).parent / "views"
PAGES = (
    ("runs", "Runs", ":material/list:"),
    ("experiment", "Experiment", ":material/query_stats:"),
    ("trajectory", "Trajectory", ":material/timeline:"),
    ("side_by_side", "Twins", ":material/compare_arrows:"),
    ("memories", "Memories", ":material/psychology:"),
    ("population", "Population", ":material/groups:"),
    ("data", "Data", ":material/database:"),
)


def main() -> None:
    """Draw the frame and the page that was asked for."""
    st.set_page_config(page_title="twinfeed studio", page_icon=":material/science:", layout="wide")
    pages = [
        st.Page(VIEWS / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "runs")
        for name, title, icon in PAGES
    ]
    page = st.navigation(pages)
    keep_run()
    page.run()


main()
