"""What a mail server's refusal means, from when it was said, its code, its status and its words.

The words are patterns over `reply.words`: the first that fits decides.
Sources: RFC 5321 and RFC 3463. The wordings of QQ Mail, NetEase (163/126), Alibaba and Coremail
were checked against copies of public pages; those under Sina come from a list of replies on a
Sina blog. Those of Tencent Exmail, Microsoft 365, Gmail and mail servers out of the box are
from memory of their documents, unchecked.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from dj_cadence.errors import Blame
from dj_cadence.transport.refusals.reply import enhanced_status, words


def _rule(blame: Blame, *alternatives: str) -> tuple[re.Pattern[str], Blame]:
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives)), blame


_WHO = (
    r"(?:user|recipient|mailbox|mail box|account|address(?:ee)?|rcpt(?:to)?|customer|inbox"
    r"|local part|person|member)s?"
)
_WHO_CHINESE = r"(?:收件人|收信人|收件地址|用户名?|邮箱|信箱|地址|帐号|账号|帐户|账户|成员)"
_SENDING = (
    r"\b(?:send|sent\b|submi(?:t|ssion)|outgoing|outbound|relay|daily|hourly"
    r"|per[- ](?:day|hour|minute))"
)
_LIMIT = r"\b(?:quota|limit|threshold|frequen|exceed|rates?\b)"
_SHUT_OFF = r"(?:disabled|blocked|suspended|locked|restricted|barred|forbidden|not allowed)"
_NOT_THERE = (
    r"(?:unknown|\binvalid\b|not (?:be )?(?:found|known|exist)|n[o'’]?t exist|not exist"
    r"|no longer (?:exist|valid|here)|is(?: not|n[o'’]?t) (?:a )?(?:valid|known|local)"
    r"|(?:has been|was) deleted)"
)

RULES = (
    # Gmail 4.2.1 and 4.7.28: others write to this person as well. Greylisting is over soon.
    _rule(
        Blame.PASSING,
        r"receiving (?:e?mail|messages)\b.{0,40}\b(?:rate|quickly)",
        r"gr[ae]y-?list",
        "灰名单",
    ),
    # The size of this letter, or what hangs on it.
    _rule(
        Blame.LETTER,
        r"(?:message|mail|data|letter|content|attach\w*).{0,40}(?:too (?:large|big|long))",
        r"(?:message|mail|data|letter|content|attach\w*).{0,40}exceeds? .{0,20}size",
        r"(?:exceed\w*|over) .{0,30}(?:mail ?size|message size|size limit|maximum size|size of)",
        r"\bsize (?:limit )?(?:exceed|too)|too large|too big",
        r"(?:message|mail ?)size\b.{0,30}(?:limit|exceed)",
        r"length of (?:data content|attach)|number of attachments",
        r"(?:message|mail|data|letter|content) length\b.{0,20}(?:limit|exceed)",
        r"(?:illegal|blocked|forbidden|unsafe|disallowed|executable) attachment",
        r"attachment.{0,20}not (?:allowed|permitted)",
        r"(?:邮件|信件|附件|正文).{0,10}(?:过大|太大|过长|超大)",
        r"(?:邮件|信件|附件).{0,6}(?:大小|尺寸|体积).{0,10}(?:超|限)",
        r"附件.{0,8}(?:类型|不允许|非法)",
    ),
    # How much we may send.
    _rule(
        Blame.CHANNEL,
        rf"{_SENDING}\w*.{{0,40}}{_LIMIT}",
        rf"{_LIMIT}\w*.{{0,30}}{_SENDING}",
        rf"{_SHUT_OFF}.{{0,20}}\b(?:from|for|to) {_SENDING}",
        r"(?:发送|发信|外发|每日|每天|每小时|当日|今日|当天).{0,12}(?:限|超|配额|上限)",
        r"(?:发信|外发|对外|发送|smtp).{0,8}(?:功能|权限|服务)",
        rf"[您你]的(?:ip|域名|服务器|{_WHO_CHINESE})",  # the server speaks to us
        r"(?:禁止|暂停|停止|不能|无法|不允许|限制)(?:对外)?(?:发信|外发|发送|发邮件)",
        r"(?:收件人|收信人)(?:总?数|数量|个数|过多)",
    ),
    # A box that is full.
    _rule(
        Blame.MAILBOX,
        rf"{_WHO}.{{0,60}}(?:\bfull\b|out of.{{0,10}}(?:space|storage))",
        rf"{_WHO}.{{0,60}}exceeded.{{0,30}}(?:quota|storage|space|allocation)",
        r"(?:mailbox|mail box|inbox|maildir|storage|disk|user).{0,20}(?:full\b|quota)",
        r"space.{0,10}(?:not enough|insufficient|exceed)",
        r"over.?quota|quota.{0,10}(?:full|exceed)|exceed\w*.{0,20}quota",
        r"exceed\w*.{0,20}storage (?:allocation|limit|space)",
        r"insufficient (?:disk |mailbox |storage )?space",
        r"(?:邮箱|收件箱|信箱|收件人|用户|容量|空间|存储).{0,12}(?:已?满|不足|不够|超出|超过|超限)",
    ),
    # How often, what, from where, as whom we send.
    _rule(
        Blame.CHANNEL,
        r"frequen|too (?:many|fast|often|quick)|rate.?limit|throttl|concurren",
        r"limit(?:s|ed)? (?:exceed|reach)|exceed\w*.{0,30}(?:limit|threshold|maximum)",
        r"maximum threshold|out of allow",
        r"spam|junk|unsolicited|bulk mail|phish|virus|malware|suspicious|suspected",
        r"black.?(?:list|ip|mail)|block.?list|deny.?list|\brbls?\b|dnsbl|spamhaus",
        r"blocked using|\blisted\b|\bbanned\b|reputation|\bips?\b|client host",
        r"smtp mx only|reverse dns|\bptr\b|\bhelo\b|\behlo\b",
        r"your (?:account|ip|domain|host|server|network|client|organization)",
        r"\bspf\b|\bdkim\b|\bdmarc\b|authenti|auth (?:error|fail|required)",
        r"(?:not |un)authori[sz]ed|log ?in first|must (?:log|auth)|credential",
        r"\brelay(?! recipient)|submission|sender|mail ?from|envelope|from address|return.?path",
        r"\byour (?:e?-?mail )?(?:address|mailbox)",
        r"\bcontents?\b|polic(?:y|ies)|prohibited|violat|\bfilter",
        r"(?:message|mail) (?:was )?(?:rejected|refused|blocked) (?:due|for|as)\b",
        r"\b(?:dt|mi|hl|rp|cm|wm|im|qn|cn):[a-z]{3}\b",  # NetEase and Coremail
        r"频|过快|太快|限流|过多|太多|达到上限",
        r"(?:超过|超出|达到).{0,8}(?:限制|上限|限额|阈值)",
        r"垃圾|病毒|钓鱼|违规|违法|违反|敏感|内容|策略|政策|黑名单|信誉|拦截|屏蔽",
        r"认证|鉴权|密码|授权码|未授权|发件人|发信人|寄件人|发信地址|发送者|发件|转发|中继|反向解析",
    ),
    # The domain may be misspelt, and our own name service may be out of order.
    _rule(
        Blame.MAILBOX,
        r"(?:domain|host)\b.{0,20}(?:not found|not exist|n't exist|unknown|invalid)",
        r"(?:unknown|bad|no such|any) (?:domain|host)|\bmx\b|unrout",
        r"域名.{0,8}(?:不存在|无法|错误|无效|解析)",
    ),
    # A box that is there, or may be, and takes nothing now.
    _rule(
        Blame.MAILBOX,
        r"disabled|suspend|inactiv|deactivat|frozen|dormant|not active|locked|expired",
        r"restricted|discontinued|unavailable (?:or|\(e\.g)|access denied|denied access",
        r"(?:rejected|blocked) by (?:the )?recipient|not accepting|n[o']t accept",
        r"isn.?t allowed to receive|cannot receive|user not local",
        r"禁用|停用|冻结|锁定|暂停|封禁|过期|欠费|不可用|拒收|拒绝接收|无法接收|不接收",
        r"未开通.{0,6}(?:收信|接收|收件)",
    ),
    # There is none of that name.
    _rule(
        Blame.ADDRESS,
        r"(?:no such|unknown|non-?exist\w*|invalid|no|not? a valid|not a known) "
        rf"(?:local |mail |e-?mail |recipient |virtual )?{_WHO}\b",
        rf"{_WHO}\b.{{0,60}}{_NOT_THERE}",
        r"n[o'’]t exists? that user|(?:doesn.?t|does not) have an? .{0,40}account",
        r"not (?:our customer|user of this server)|no mailbox here|no one by that name",
        r"user not known|recip(?:ient)?notfound|unknown or illegal alias",
        r"bad (?:recipient )?address syntax|isn.?t a local account",
        rf"{_WHO_CHINESE}.{{0,12}}(?:不存在|无效|未找到|找不到|没有找到|已注销|已删除|未开通)",
        rf"(?:不存在|无效)的?.{{0,6}}{_WHO_CHINESE}|未知的?(?:用户|收件人|邮箱)|此用户不在",
        r"(?:没有|无|查无)(?:此|该|这个)(?:人|用户|收件人|邮箱|信箱|帐号|账号|地址)",
    ),
    # What every server says first, whatever else it then says.
    _rule(Blame.MAILBOX, r"unavailable|not available"),
)


class Stage(StrEnum):
    """What a server was answering when it refused."""

    GREETING = "greeting"
    """The connection itself, the encryption or the login."""
    SENDER = "sender"
    RECIPIENT = "recipient"
    TEXT = "text"
    """The word that the text follows, or the text."""
    REPORT = "report"
    """Afterwards, in a mail that came back: what a server further on said of the recipient."""


_BY_STATUS: Mapping[str, Blame] = {  # RFC 3463, 7505 and the registry of IANA
    "1.1": Blame.ADDRESS,
    "1.3": Blame.ADDRESS,
    "1.6": Blame.ADDRESS,
    "1.10": Blame.ADDRESS,
    "1.7": Blame.CHANNEL,  # of the sender
    "1.8": Blame.CHANNEL,
    "2.3": Blame.LETTER,
    "3.4": Blame.LETTER,
    # All others by their subject; where it is not here, it is about us.
    "1": Blame.MAILBOX,
    "2": Blame.MAILBOX,
    "4": Blame.PASSING,
    "6": Blame.LETTER,
}
_ABOUT_US = "7"
"""The subject of statuses that speak of security and policy."""
_NEEDS_LOGIN = (530, 534, 535, 538)
_FULL, _FULL_CODE = "2.2", 552


def judge_mail(stage: Stage, code: int, reply: str) -> Blame:
    """Whose fault it is that `code` was said, with these words.

    Words go before the status, and the status before the code. A status that speaks of policy
    goes before words that speak of the recipient: then the one or the other is not true.
    """
    if not 400 <= code < 600:  # no refusal that anybody knows
        return Blame.PASSING
    status = enhanced_status(reply).partition(".")[2]
    spoken = next((blame for pattern, blame in RULES if pattern.search(words(reply))), None)
    if stage in (Stage.GREETING, Stage.SENDER):
        return _of_us(code, spoken)
    if stage is Stage.TEXT:
        return _of_the_text(code, status, spoken)
    if code in _NEEDS_LOGIN:
        return Blame.CHANNEL
    return _of_the_recipient(code, status, spoken)


def _of_us(code: int, spoken: Blame | None) -> Blame:
    """Said before there was a recipient, it speaks of none."""
    if spoken is Blame.LETTER:
        return Blame.LETTER
    return Blame.CHANNEL if code >= 500 or spoken is Blame.CHANNEL else Blame.PASSING


def _of_the_text(code: int, status: str, spoken: Blame | None) -> Blame:
    """The recipient had been accepted: now it is about us or the letter.

    But for a box that was found full only now, which has to be said in words and in figures.
    """
    spoken = spoken or _BY_STATUS.get(status)
    if status == _FULL or (code == _FULL_CODE and not status):
        if spoken is Blame.MAILBOX:
            return Blame.MAILBOX
        if spoken is None and not status:
            return Blame.LETTER
    return _of_us(code, spoken)


def _of_the_recipient(code: int, status: str, spoken: Blame | None) -> Blame:
    subject = status.partition(".")[0]
    if _BY_STATUS.get(status) is Blame.CHANNEL:
        return Blame.CHANNEL
    if spoken in (Blame.ADDRESS, Blame.MAILBOX):
        return _if_true(spoken, code, subject)
    if spoken is not None:
        return spoken
    if code < 500:
        return Blame.MAILBOX if status == _FULL else Blame.PASSING
    if status:
        return _BY_STATUS.get(status) or _BY_STATUS.get(subject, Blame.CHANNEL)
    return Blame.MAILBOX if code == _FULL_CODE else Blame.CHANNEL


def _if_true(spoken: Blame, code: int, subject: str) -> Blame:
    """What is said of the recipient in words, held against the figures."""
    if subject == _ABOUT_US:
        return Blame.CHANNEL if code >= 500 else Blame.PASSING
    if code < 500 and (spoken is Blame.ADDRESS or subject not in ("", "2")):
        return Blame.PASSING
    if spoken is Blame.ADDRESS and subject in ("2", "3", "4"):
        return Blame.MAILBOX  # it may be there after all
    return spoken
