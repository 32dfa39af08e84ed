"""Which failures of a model server may pass by themselves; knows no server."""

from sandbox.errors import ModelError


class TransientError(ModelError):
    """A failure that may be gone at the next attempt; `wait_s` is what the server asked for (Retry-After)."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s
