"""A shop of toy films for the site's tests, which keeps what it is told."""

from dataclasses import dataclass, field

from environments.site.sessions import Place
from sandbox.protocols import Platform
from sandbox.step import Trajectory
from tests.environments.render.pages import visit


@dataclass
class ToyShop:
    title: str = "Toy films"
    question: str = "Which films are opened?"
    arm: str = "toys"
    n_users: int = 5
    layout: dict = field(default_factory=dict)
    told: list[Trajectory] = field(default_factory=list)
    opened: int = 0

    def open(self, user: int | None) -> tuple[Place, Platform]:
        self.opened += 1
        return Place("toys", 0, -1 if user is None else user, self.opened - 1), visit(**self.layout)

    def close(self, told: Trajectory) -> None:
        self.told.append(told)
