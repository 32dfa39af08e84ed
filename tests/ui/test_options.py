"""Options that hold JSON: an object is read, anything else is refused by name."""

import pytest

from sandbox.errors import ScenarioError
from ui.options import read_options


def test_an_object_is_read() -> None:
    assert read_options('{"mode": "score"}') == {"mode": "score"}


@pytest.mark.parametrize("text", ["{", "[1]", "3", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="--options"):
        read_options(text)
