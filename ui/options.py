"""Values of command-line options that are more than one word; knows no command."""

import json
from typing import Any

from sandbox.errors import ScenarioError


def read_options(text: str) -> dict[str, Any]:
    """Return what `--options` holds.

    Raises:
        ScenarioError: it is no JSON object.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ScenarioError(f"--options {text!r}: expected a JSON object: {error}") from None
    if not isinstance(given, dict):
        raise ScenarioError(f"--options {text!r}: expected a JSON object")
    return given
