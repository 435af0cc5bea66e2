"""What can go wrong, as types. The text of every error is plain Chinese, for the user."""


class DjCadenceError(Exception):
    """Base of all errors this package raises on purpose."""


class Refused(DjCadenceError):
    """The request cannot be carried out, and nothing was changed."""


class DatabaseGone(Refused):
    """The database's file is another one than was opened, or is not there any more."""


class DeliveryError(DjCadenceError):
    """A channel did not take a message.

    `permanent` says whether trying again can help. `reply` is what the other side
    answered, free of secrets and of message text; it goes into the delivery log.
    `down` says that nothing else would get through either, such as without a connection;
    `unknown` that the message may have been accepted all the same.
    """

    def __init__(
        self, reply: str, *, permanent: bool, down: bool = False, unknown: bool = False
    ) -> None:
        super().__init__(reply)
        self.reply = reply
        self.permanent = permanent
        self.down = down
        self.unknown = unknown
