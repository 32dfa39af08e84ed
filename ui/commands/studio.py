"""`twinfeed ui`: opens the studio in a browser; knows how Streamlit is started, and no page."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sandbox.errors import MissingExtraError


def studio(
    runs: Annotated[Path, typer.Argument(help="The folder that holds run folders.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the studio: runs, reports, trajectories and twins, on this machine only."""
    if find_spec("streamlit") is None:
        raise MissingExtraError("streamlit", "ui")
    app = Path(__file__).resolve().parent.parent / "studio" / "app.py"
    options = {
        "server.address": "127.0.0.1",
        "server.port": port,
        "server.headless": str(not browser).lower(),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "server.fileWatcherType": "none",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    environment = {**os.environ, "TWINFEED_RUNS": str(runs.resolve())}
    command = [sys.executable, "-m", "streamlit", "run", str(app), *words]
    os.execve(sys.executable, command, environment)  # in our place, so that whoever ends us ends it
