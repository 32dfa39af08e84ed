"""`twinfeed bench served` says by its exit code that nothing was measured."""

import pytest
from typer.testing import CliRunner

from ui.cli import app


@pytest.mark.parametrize(("share", "code"), [(1.0, 1), (0.5, 0), (0.0, 0)])
def test_only_a_bench_of_which_every_session_failed_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, share: float, code: int
) -> None:
    monkeypatch.setattr("scenarios.benches.served.served", lambda *_: {"failed_share": share})
    done = CliRunner().invoke(app, ["bench", "served", "nobody", "--json"])
    assert done.exit_code == code
    assert ("nothing was measured" in done.stderr) is bool(code)
