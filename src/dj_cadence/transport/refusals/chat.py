"""What a chat service's refusal means, from the code in its answer and its HTTP status.

The code decides, with whatever status it comes: services refuse inside of a 200, and say
"too fast" inside of a 400. The codes are from memory of the services' documents, unchecked; for
the robots of DingTalk and Feishu no published list was found.
"""

from collections.abc import Mapping

from dj_cadence.errors import Blame
from dj_cadence.transport.refusals.reply import words

WECOM, DINGTALK, FEISHU = "企业微信", "钉钉", "飞书"

_CODES: Mapping[str, Mapping[int, Blame]] = {
    WECOM: {
        -1: Blame.PASSING,  # the system is busy
        6000: Blame.PASSING,  # two wrote at once
        40003: Blame.ADDRESS,  # no such member
        46004: Blame.ADDRESS,
        60111: Blame.ADDRESS,
        81013: Blame.MAILBOX,  # none of the members is right, or the app may be shown to none
        44004: Blame.LETTER,  # an empty text
        45002: Blame.LETTER,  # too long
        45008: Blame.LETTER,
        40058: Blame.LETTER,  # a field is not as it should be
        93004: Blame.MAILBOX,  # the robot is switched off
        93008: Blame.ADDRESS,  # the robot is in the group no more
    },
    DINGTALK: {
        -1: Blame.PASSING,
        400013: Blame.ADDRESS,  # the group was dissolved
        400101: Blame.ADDRESS,  # no such key
        400102: Blame.MAILBOX,  # the robot is switched off
        400106: Blame.ADDRESS,  # no such robot
        400105: Blame.LETTER,  # not a kind of message that a robot may send
        40035: Blame.LETTER,
        460101: Blame.LETTER,  # too long
    },
    FEISHU: {
        10000: Blame.PASSING,
        1500: Blame.PASSING,
        19002: Blame.LETTER,
        11246: Blame.LETTER,
        230025: Blame.LETTER,  # too long
    },
}
_BY_WORDS: Mapping[tuple[str, int], tuple[tuple[str, ...], Blame]] = {
    # A code with several meanings: gone only where the robot or its key is named.
    (WECOM, 93000): (("webhook", "key"), Blame.ADDRESS),
    (FEISHU, 19001): (("access token", "webhook", "hook not", "bot"), Blame.ADDRESS),
    (DINGTALK, 300001): (("token", "robot", "机器人"), Blame.ADDRESS),
    (DINGTALK, 300005): (("token", "robot", "机器人"), Blame.ADDRESS),
}
_HASTE = ("freq", "too many", "too fast", "limit", "频", "过快", "太快", "限流")
_TOO_LONG = ("too long", "max length", "过长", "太长", "超长")
_BY_STATUS: Mapping[int, Blame] = {413: Blame.LETTER, 408: Blame.PASSING, 425: Blame.PASSING}


def judge_chat(service: str, status: int, code: int | None, reply: str) -> Blame:
    """Whose fault it is. `code` is what the body says, None where it says nothing of the kind.

    A code that is not in the tables is about us: a limit, a signature, an address range, a right.
    """
    if not code:
        by_class = Blame.CHANNEL if 400 <= status < 500 else Blame.PASSING
        return _BY_STATUS.get(status, by_class)
    clues, blame = _BY_WORDS.get((service, code), ((), Blame.CHANNEL))
    for these, meaning in ((_HASTE, Blame.CHANNEL), (_TOO_LONG, Blame.LETTER), (clues, blame)):
        if any(clue in words(reply) for clue in these):
            return meaning
    return _CODES.get(service, {}).get(code, Blame.CHANNEL)
