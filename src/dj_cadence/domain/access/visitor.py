"""Who is asking, and the rights that an office gives."""

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking. Neither a person nor the administrator: a stranger, who sees nothing."""

    person_id: int = 0
    key: str = ""
    name: str = ""
    administrator: bool = False

    @property
    def is_stranger(self) -> bool:
        return not self.person_id and not self.administrator


STRANGER = Visitor()
ADMINISTRATOR = Visitor(key="管理员", name="管理员", administrator=True)


class Right(Enum):
    """What a visitor may do about an organization; `store.access.reach` says by which office."""

    SEE = auto()
    """Read its tasks and its calendar: an office there or above, or one that approves for it."""
    OVERSEE = auto()
    """Read what speaks of its whole subtree: an office there or above. Approving is not enough."""
    READ_PERSONAL = auto()
    """Read what is about persons: an office there, or one that approves for it."""
    ACT = auto()
    """Change its tasks: an office there, or 书记 or 党务工作者 of one above."""
    GRANT = auto()
    """Decide on what it hands up: 书记 or 党务工作者 of one above, or of the one that approves."""
    ANNOUNCE = auto()
    """Bind its subtree: 书记 or 党务工作者, there or above."""
