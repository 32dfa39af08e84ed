"""The base of every value that a user writes or a run saves; knows no value in particular."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A saved value: immutable, and any key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
