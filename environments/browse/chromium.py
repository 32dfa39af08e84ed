"""Where Chromium is on this machine; knows paths, and starts nothing."""

import os
import shutil
from pathlib import Path

from sandbox.errors import RenderError

VARIABLE = "TWINFEED_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
INSTALL = "playwright install chromium   (or: apt-get install chromium)"


def find_chromium(own: Path | None = None) -> str:
    """Return the path of a Chromium: the one that TWINFEED_CHROMIUM names, one on PATH, or Playwright's own.

    Args:
        own: where Playwright would have put its own.

    Raises:
        RenderError: there is none, or TWINFEED_CHROMIUM names no file.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise RenderError(f"{VARIABLE}={named!r} is no file; unset it, or point it at a Chromium binary")
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    if own is not None and own.is_file():
        return str(own)
    raise RenderError(f"no Chromium found on PATH or by Playwright; install it with: {INSTALL}")
