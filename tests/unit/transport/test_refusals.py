"""What a refusal means: the replies of the providers that schools use, and what comes of each."""

import pytest

from dj_cadence.errors import Blame
from dj_cadence.transport.refusals.chat import DINGTALK, FEISHU, WECOM, judge_chat
from dj_cadence.transport.refusals.mail import Stage, judge_mail
from dj_cadence.transport.refusals.reply import decoded, enhanced_status, wording

HELLO, FROM, TO, TEXT, REPORT = Stage
GONE, BUSY, US, THIS, LATER = Blame
"""There is no such mailbox; this one takes nothing now; about us; this letter; passing."""

MAIL = {
    "qq": [
        (TO, "550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?id=20022&no=1", GONE),
        (TEXT, "550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?id=20022", US),
        (TO, "550 Mailbox unavailable or access denied", BUSY),
        (TO, "550 Mail is rejected by recipients", BUSY),
        (TEXT, "550 Mail content denied. http://service.mail.qq.com/cgi-bin/help", US),
        (TEXT, "550 Connection frequency limited", US),
        (TO, "550 Domain frequency limited", US),
        (FROM, "550 Ip frequency limited", US),
        (TO, "550 Sender frequency limited", US),
        (TO, "550 Suspected spam sender.", US),
        (TEXT, "550 DMARC check failed", US),
        (TO, "501 Bad address syntax. http://service.mail.qq.com/cgi-bin/help", GONE),
        (TO, "550 该用户不存在", GONE),
        (TO, "550 收件人空间不足", BUSY),
        (HELLO, "535 Login Fail. Please enter your authorization code to login.", US),
    ],
    "tencent exmail": [
        (TO, "550 Mailbox not found", GONE),
        (TO, "550 用户被禁用", BUSY),
        (TEXT, "550 Mail content denied", US),
        (TO, "550 发送过快，请稍后再试", US),
        (TEXT, "552 邮件大小超过限制", THIS),
        (FROM, "503 Error: need EHLO and AUTH first !", US),
        (TO, "550 超过每日发送限制", US),
    ],
    "163 and 126": [
        (TO, "550 User not found: limit@163.com", GONE),
        (TO, "550 Invalid User: wangfang@126.com", GONE),
        (TO, "550 User suspended: wangfang@126.com", BUSY),
        (TO, "552 Requested mail action aborted: exceeded mailsize limit", THIS),
        (TO, "550 RP:QRC 163 smtp3,D8mowABXaXk", US),
        (TO, "550 MI:SFQ 163 smtp3,D8mowABXaXk", US),
        (TEXT, "554 DT:SPM 163 smtp3,D8mowABXaXk,126 1772411400", US),
        (TEXT, "554 5.5.0 MI:STC", US),
        (TEXT, "451 DT:SPM ,please try again", US),
        (HELLO, "421 HL:ICC 163 mx14", US),
        (TO, "450 RP:DRC 163", US),
        (TO, "553 Requested action not taken: NO SMTP MX ONLY", US),
        (TO, "550 5.1.7 Invalid address", US),
        (TO, "550 寄件人地址不存在", US),
        (
            TO,
            "550 5.1.1 <a@b.cn>: Recipient address rejected: User unknown in relay recipient table",
            GONE,
        ),
        (TEXT, "552 Illegal Attachment", THIS),
        (FROM, "553 Mail from must equal authorized user", US),
        (TO, "550 Mailbox is full", BUSY),
    ],
    "sina": [
        (TO, "550 user is locked.", BUSY),
        (TO, "550 mailbox unavailable.", BUSY),
        (FROM, "550 black ip.", US),
        (TEXT, "552 message rejected by anti-spam engine.", US),
        (TEXT, "552 too many same size mails.", US),
        (TEXT, "552 message is too long.", THIS),
        (TEXT, "554 attachment is too long.", THIS),
        (TO, "553 host denies relay.", US),
        (TO, "451 out of allow RCPT numbers.", US),
        (TO, "550 No such user", GONE),
    ],
    "alibaba": [
        (TO, "554 RCPT (wangfang) dosn't exist", GONE),
        (TO, "503 Rcptto account isn’t a local account", GONE),
        (TO, '553 "RCPT TO" mailbox unavailable', BUSY),
        (TO, "542 This account isn't allowed to receive email", BUSY),
        (TO, "552 mailbox is full", BUSY),
        (TO, "541 This account isn't allowed to send email", US),
        (TO, "504 the number of RCPT attempts is achieved the maximum threshold", US),
        (TEXT, "554 Reject by behaviour spam", US),
        (TEXT, "554 Reject by content spam", US),
        (TEXT, "454 Transient reject by behaviour spam", US),
        (TEXT, "510 The length of Attach is achieved the maximum threshold", THIS),
        (HELLO, "526 Authentication failure[0]", US),
        (TO, "559 Invalid rcptto [@sm]", GONE),
    ],
    "microsoft 365": [
        (
            TO,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            GONE,
        ),
        (TO, "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", GONE),
        (TO, "550 5.4.1 Recipient address rejected: Access denied. [x.protection.outlook]", BUSY),
        (TO, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", BUSY),
        (TO, "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceeded", BUSY),
        (TEXT, "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceeded", BUSY),
        (TEXT, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", US),
        (TEXT, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException", US),
        (TO, "550 5.7.501 Service unavailable. Spam abuse detected from IP range.", US),
        (TO, "550 5.1.8 Access denied, bad outbound sender", US),
        (TEXT, "552 5.3.4 Message size exceeds fixed maximum message size", THIS),
        (TO, "451 4.7.500 Server busy. Please try again later", LATER),
        (TO, "550 5.2.1 Mailbox cannot be accessed", BUSY),
    ],
    "gmail": [
        (TO, "550 5.1.1 The email account that you tried to reach does not exist. - gsmtp", GONE),
        (TO, "550 5.2.1 The email account that you tried to reach is disabled.", BUSY),
        (TO, "550 5.2.1 The email account that you tried to reach is inactive.", BUSY),
        (TO, "452 4.2.2 The email account that you tried to reach is over quota.", BUSY),
        (TO, "552 5.2.2 The recipient's inbox is out of storage space.", BUSY),
        (TO, "450 4.2.1 The user you are trying to contact is receiving mail too quickly", LATER),
        (FROM, "421 4.7.0 Our system has detected an unusual rate of unsolicited mail", US),
        (TEXT, "550 5.7.1 Our system has detected that this message is likely unsolicited", US),
        (TO, "550 5.4.5 Daily user sending limit exceeded.", US),
        (TEXT, "552 5.3.4 Your message exceeded Google's message size limits.", THIS),
        (TEXT, "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", US),
    ],
    "postfix": [
        (TO, "550 5.1.1 <a@b.cn>: Recipient address rejected: User unknown in table", GONE),
        (TO, "550 5.1.2 <a@b.cn>: Recipient address rejected: Domain not found", BUSY),
        (TO, "554 5.7.1 <a@b.cn>: Relay access denied", US),
        (TO, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using rbl", US),
        (TO, "450 4.7.1 <a@b.cn>: Recipient address rejected: Greylisted", LATER),
        (TO, "450 4.1.1 <a@b.cn>: Recipient address rejected: User unknown", LATER),
        (TO, "452 4.3.1 Insufficient system storage", LATER),
        (TEXT, "552 5.3.4 Error: message file too big", THIS),
        (TEXT, "550 5.7.1 content rejected", US),
    ],
    "exim and qmail": [
        (TO, "550 Unrouteable address", BUSY),
        (TO, "550 sorry, no mailbox here by that name (#5.1.1)", GONE),
        (TO, "554 delivery error: dd This user doesn't have a yahoo.com account", GONE),
        (TO, "550 invalid address (#5.5.0)", GONE),
        (TO, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", US),
    ],
    "coremail": [
        (TO, "550 local server don't exists that user", GONE),
        (TO, "550 unavailable mail user", BUSY),
        (TO, "550 user not known", GONE),
        (TO, "550 recipient does not have an account", GONE),
        (TO, "550 user disabled", BUSY),
        (TO, "550 restricted", BUSY),
        (TO, "550 邮箱容量超过限制", BUSY),
        (TEXT, "550 内容违规，拒绝投递", US),
    ],
    "words against figures": [
        (TO, "550 5.1.1 blocked for spam", US),
        (TO, "550 5.7.1 Mailbox not found", US),
        (TO, "550 5.2.2 no such user", BUSY),
        (TO, "550 5.1.1 MAILBOX FULL", BUSY),
        (TO, "550 NO SUCH USER HERE", GONE),
        (TO, "550 5.1.1 rejected", GONE),
        (TO, "550 rejected", US),
        (TO, "550", US),
        (TO, "552", BUSY),
        (TEXT, "552", THIS),
        (TEXT, "550", US),
        (TEXT, "550 5.1.1 no such user", US),
        (FROM, "550 5.1.1 no such user", US),
        (HELLO, "554 no such user", US),
        (TO, "550 5.1.1.1 something else", US),
        (TO, "451", LATER),
        (FROM, "421", LATER),
        (TO, "252 cannot verify", LATER),
        (TO, "550 收件人不存在", GONE),
        (TO, "550 收件人不存在（发送过于频繁）", US),
        (TO, "550 ＵＳＥＲ　ＵＮＫＮＯＷＮ", GONE),
    ],
    "reports": [
        (REPORT, "550 5.1.1 user unknown", GONE),
        (REPORT, "552 5.2.2 mailbox full", BUSY),
        (REPORT, "550 5.7.1 message rejected as spam", US),
        (REPORT, "550 5.4.4 unable to route", LATER),
        (REPORT, "450 4.4.7 delivery time expired", LATER),
        (REPORT, "550 5.3.4 message too big", THIS),
    ],
    "said of us as of somebody": [
        (TO, "550 您的邮箱不存在", US),
        (TO, "550 您的邮箱已被暂停发信", US),
        (TO, "550 您的账号已被冻结", US),
        (TO, "550 你的IP不在白名单", US),
        (TO, "550 您发送的邮箱不存在", GONE),
        (TO, "550 收件人数超过限制", US),
        (TO, "550 收件人数量超出上限", US),
        (TO, "550 收件人邮箱超过容量", BUSY),
        (TO, "550 账号被禁止发信", US),
        (TO, "550 5.1.1 This account has been disabled for sending", US),
        (TO, "550 5.2.1 User blocked from sending", US),
        (TO, "550 5.2.1 User is blocked", BUSY),
        (TO, "551 User not local; please try <li@b.cn>", BUSY),
    ],
    "the words of the registry of statuses": [
        (TO, "550 5.1.1 Bad destination mailbox address", GONE),
        (TO, "550 5.1.3 Bad destination mailbox address syntax", GONE),
        (TO, "550 5.1.4 Destination mailbox address ambiguous", BUSY),
        (TO, "550 5.1.6 Destination mailbox has moved, No forwarding address", GONE),
        (TO, "550 5.2.1 Mailbox disabled, not accepting messages", BUSY),
        (TO, "550 5.2.3 Message length exceeds administrative limit", THIS),
        (TEXT, "552 5.2.3 Message length exceeds administrative limit", THIS),
        (TO, "550 5.3.1 Mail system full", US),
        (TO, "550 5.5.3 Too many recipients", US),
        (TO, "550 5.7.13 User Account Disabled", US),
        (TO, "550 5.7.17 Mailbox owner has changed", US),
        (TO, "550 5.7.28 Mail flood detected", US),
        (REPORT, "550 5.4.6 Routing loop detected", LATER),
    ],
    "several things in one reply": [
        (TO, "550 5.1.1 mailbox unavailable: no such user here", GONE),
        (TO, "550 Requested action not taken: mailbox unavailable", BUSY),
        (TO, "550 Mailbox unavailable or not found", BUSY),
        (TO, "550 host mx.b.cn said: 550 5.1.1 User unknown", GONE),
        (TO, "550 relay.b.edu.cn said: no such user", GONE),
        (TO, "550 antispam.b.com: recipient not found", GONE),
        (TO, "550 From address does not exist", US),
        (TO, "550 Your address is unknown here", US),
        (TO, "550 用户未开通对外发信功能", US),
        (TO, "550 用户未开通收信功能", BUSY),
        (TO, "550 5.1.1 The represented user is unknown (rated limitless)", GONE),
        (TO, "452 4.2.2 user is over quota, resent limit", BUSY),
    ],
}

CHAT = {
    WECOM: [
        (200, 93000, "invalid webhook url, hint: [17]", GONE),
        (200, 93000, "Invalid input : content exceed max length.", THIS),
        (200, 93000, "Invalid input", US),
        (200, 93008, "robot not in group", GONE),
        (200, 93004, "机器人被停用", BUSY),
        (200, 45009, "api freq out of limit", US),
        (200, 45033, "api concurrent out of limit", US),
        (200, 81013, "user & party & tag all invalid", BUSY),
        (200, 60111, "userid not found", GONE),
        (200, 40003, "invalid UserID", GONE),
        (200, 60020, "not allow to access from your ip", US),
        (200, 40014, "invalid access_token", US),
        (200, 45002, "content size out of limit, too long", US),
        (200, -1, "system busy", LATER),
        (200, 301002, "no permission", US),
    ],
    DINGTALK: [
        (200, 130101, "send too fast, exceed 20 times per minute", US),
        (200, 410100, "发送速度太快而限流", US),
        (200, 310000, "keywords not in content", US),
        (200, 310000, "sign not match", US),
        (200, 300001, "token is not exist", GONE),
        (200, 400101, "access_token不存在", GONE),
        (200, 400013, "群已被解散", GONE),
        (200, 400102, "机器人已停用", BUSY),
        (200, 430104, "含有不合适的内容", US),
        (200, 460101, "message too long", THIS),
        (200, -1, "系统繁忙", LATER),
        (500, None, "", LATER),
    ],
    FEISHU: [
        (400, 9499, "too many request", US),
        (200, 9499, "Bad Request", US),
        (200, 11232, "create message trigger rate limit", US),
        (400, 99991400, "request trigger frequency limit", US),
        (200, 19001, "param invalid: incoming webhook access token invalid", GONE),
        (200, 19001, "param invalid", US),
        (200, 19021, "sign match fail or timestamp is not within one hour", US),
        (200, 19022, "Ip Not Allowed", US),
        (200, 19024, "Key Words Not Found", US),
        (404, None, "", US),
        (429, None, "", US),
        (413, None, "", THIS),
    ],
    "Webhook": [
        (401, None, "", US),
        (404, None, "", US),
        (410, None, "", US),
        (408, None, "", LATER),
        (503, None, "", LATER),
    ],
}


@pytest.mark.parametrize(
    ("stage", "reply", "blame"), [row for rows in MAIL.values() for row in rows]
)
def test_what_a_mail_server_says(stage: Stage, reply: str, blame: Blame) -> None:
    code, _, said = reply.partition(" ")

    assert judge_mail(stage, int(code), said) is blame


@pytest.mark.parametrize(
    ("service", "status", "code", "said", "blame"),
    [(service, *row) for service, rows in CHAT.items() for row in rows],
)
def test_what_a_chat_service_says(
    service: str, status: int, code: int | None, said: str, blame: Blame
) -> None:
    assert judge_chat(service, status, code, said) is blame


def test_each_provider_has_five_rows() -> None:
    few = [name for name, rows in (*MAIL.items(), *CHAT.items()) if len(rows) < 5]

    assert (len(MAIL) + len(CHAT), few) == (19, [])


def test_what_nobody_knows_strikes_nobody_off() -> None:
    """Whatever the code and the stage, with words that say nothing."""
    struck_off = [
        (stage, code)
        for stage in Stage
        for code in range(200, 600)
        if judge_mail(stage, code, "go away") is Blame.ADDRESS
    ]

    assert struck_off == []


def test_replies_are_read_as_their_servers_wrote_them() -> None:
    assert decoded("收件人不存在".encode("gb18030")) == "收件人不存在"
    assert decoded("收件人不存在".encode()) == "收件人不存在"
    assert decoded(b"\xff\xff\xff") == "\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("no mailbox (#5.1.1)", "5.1.1"),
        ("from 5.1.1.20 refused", ""),
        ("version 15.1.1", ""),
        ("", ""),
    ],
)
def test_an_enhanced_status_is_no_address_of_a_machine(said: str, status: str) -> None:
    assert enhanced_status(said) == status


def test_replies_to_several_people_are_alike_but_for_what_is_theirs() -> None:
    one = wording(
        "邮件服务器不接受收件人：550 5.1.1 <li@a.cn>: no such user li x8f2", ["li@a.cn", "li"]
    )
    other = wording(
        "邮件服务器不接受收件人：550 5.1.1 <wu@a.cn>: no such user wu x9", ["wu@a.cn", "wu"]
    )
    full = wording("邮件服务器不接受收件人：552 5.2.2 <wu@a.cn>: mailbox full", ["wu@a.cn", "wu"])

    assert one == other
    assert one != full
