"""The guard of our top-level names; knows where this package lies, and nothing of what is in the others.

Other distributions install packages called `agents` or `memory` too (openai-agents does). A run that
silently used one of those would fail far from the cause, so the command line checks first.
"""

from importlib.util import find_spec
from pathlib import Path

from sandbox.errors import ShadowedPackageError

SIBLINGS = ("agents", "environments", "memory", "scenarios", "ui")


def check_siblings(names: tuple[str, ...] = SIBLINGS) -> None:
    """Check that every sibling package lies beside this one.

    Raises:
        ShadowedPackageError: another package of the same name comes first on the path.
    """
    home = Path(__file__).resolve().parent.parent
    for name in names:
        spec = find_spec(name)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found is None or found.parent.parent != home:
            raise ShadowedPackageError(
                f"package {name!r} was found at {found}, expected beside {home}: "
                "another distribution uses the same name; install twinfeed in a virtual environment of its own"
            )
