"""Every error twinfeed raises on purpose; messages name the thing, what was expected and what to do.

SandboxError
├── ScenarioError         a scenario that cannot be run as written
├── DataError             a data file that cannot be read as it stands
├── IllegalActionError    an action that the page does not offer
├── ModelError            a model server that did not answer in time, after every retry
│   └── BudgetError       the run's calls or tokens are spent
├── ReplyError            a model's answer that does not fit its schema
├── StoreError            a memory store that is corrupt, foreign, or was filled by another embedder
├── RenderError           a page that could not be drawn, or a browser that could not be started
├── RunError              a run folder that cannot be written, read or continued
├── MissingExtraError     an optional package that this feature needs
└── ShadowedPackageError  another distribution's package stands in place of ours
"""


class SandboxError(Exception):
    """Base of all errors that a user can cause and mend."""


class ScenarioError(SandboxError):
    """A scenario that cannot be run as written."""


class DataError(SandboxError):
    """A data file that cannot be read as it stands; the message gives file, line and column."""


class IllegalActionError(SandboxError):
    """An action that the current page does not offer."""


class ModelError(SandboxError):
    """A model server that did not answer in time, after every retry."""


class BudgetError(ModelError):
    """The run's budget of calls or tokens is spent."""


class ReplyError(SandboxError):
    """A model's answer that does not fit the schema it was given."""


class StoreError(SandboxError):
    """A memory store that is corrupt, foreign, or was filled by another embedder."""


class RenderError(SandboxError):
    """A page that could not be drawn, or a browser that could not be started."""


class RunError(SandboxError):
    """A run folder that cannot be written, read or continued."""


class MissingExtraError(SandboxError):
    """An optional package that this feature needs and that is not installed; without an extra it is installed alone."""

    def __init__(self, package: str, extra: str = "") -> None:
        how = f"-e '.[{extra}]' (in the checkout)" if extra else f"--no-deps {package}"
        super().__init__(f"this needs {package!r}, which is not installed: pip install {how}")


class ShadowedPackageError(SandboxError):
    """Another distribution's package stands in place of ours."""
