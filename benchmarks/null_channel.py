"""A channel that takes everything and does nothing."""

from dj_cadence.domain.messages.notifier import Letter


class Null:
    def send(self, letter: Letter) -> str:
        return "250 ok"

    def close(self) -> None:
        """Nothing is open."""
