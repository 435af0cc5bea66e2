"""The Chinese word of each state: one for pages, messages, files and commands alike.

Whoever shows a state takes its word from here; a second word for the same state is a fault.
办结 is said of a task that nothing more is owed on, however it ended.
"""

from collections.abc import Mapping

from dj_cadence.domain.messages.states import AttemptOutcome, MessageState, NoticeOutcome

TASKS: Mapping[str, str] = {
    "planned": "未开始",
    "open": "待办",
    "unrecorded": "到期待登记",
    "overdue": "逾期",
    "submitted": "待上级确认",
    "returned": "已退回",
    "done": "已完成",
    "missed": "未按期开展",
    "waived": "不再办理",
    "withdrawn": "已撤回",
}
ACTS: Mapping[str, str] = {
    "done": "登记完成",
    "missed": "登记未按期开展",
    "planned": "确定日期",
    "reopen": "恢复待办",
    "undo": "撤回上一次登记或决定",
    "release": "轮到这一环节",
    "move": "日期变动",
    "withdraw": "撤回",
    "postpone": "延期",
    "waive": "不再办理",
    "evidence": "附材料",
    "take_back": "收回附件",
    "handover": "由承接的组织接着办",
    "surplus": "又登记一次（已办结，不计入别的周期）",
    "accept": "上级确认",
    "return": "上级退回",
}
DEEDS: Mapping[str, str] = {
    "done": "登记",
    "surplus": "登记",
    "missed": "未按期开展的登记",
    "planned": "计划日期",
    "postpone": "延期",
    "waive": "不再办理的决定",
    "accept": "确认",
    "return": "退回",
}
"""What can be taken back, as in 撤回登记."""
MESSAGES: Mapping[str, str] = {
    MessageState.READY: "待发送",
    MessageState.LEASED: "发送中",
    MessageState.RETRY: "待重试",
    MessageState.SENT: "已发送",
    MessageState.GAVE_UP: "发送失败",
    MessageState.UNKNOWN: "结果不明，没有补发",
    MessageState.QUARANTINED: "两次结果不明，等人处理",
    MessageState.SUPERSEDED: "已并入后一条",
    MessageState.SETTLED: "发送前已办结",
}
ATTEMPTS: Mapping[str, str] = {
    AttemptOutcome.SENDING: MESSAGES[MessageState.LEASED],
    AttemptOutcome.SENT: MESSAGES[MessageState.SENT],
    AttemptOutcome.RETRY: MESSAGES[MessageState.RETRY],
    AttemptOutcome.GAVE_UP: MESSAGES[MessageState.GAVE_UP],
    AttemptOutcome.UNKNOWN: "结果不明",
}
NOTICES: Mapping[str, str] = {
    NoticeOutcome.OPEN: MESSAGES[MessageState.READY],
    NoticeOutcome.SENT: MESSAGES[MessageState.SENT],
    NoticeOutcome.FOLDED: MESSAGES[MessageState.SUPERSEDED],
    NoticeOutcome.SETTLED_BEFORE: MESSAGES[MessageState.SETTLED],
    NoticeOutcome.MOVED: "发送前已改期，不再发",
    NoticeOutcome.NO_ADDRESSEE: "没有可通知的人",
    NoticeOutcome.UNKNOWN: MESSAGES[MessageState.UNKNOWN],
}
MESSAGE_KINDS: Mapping[str, str] = {
    "bundle": "任务提醒",
    "digest": "党建工作周报",
    "alert": "规则文件提醒",
    "login": "登录链接",
    "test": "测试",
}
CHANNELS: Mapping[str, str] = {
    "email": "邮件",
    "phone": "电话",
    "wecom": "企业微信",
    "dingtalk": "钉钉",
    "feishu": "飞书",
    "wecom_group": "企业微信群",
    "dingtalk_group": "钉钉群",
    "feishu_group": "飞书群",
}
"""What the channels are called by that have the names which the documents propose."""
PLAN_CHANGES: Mapping[str, str] = {
    "create": "新增",
    "move": "改期",
    "withdraw": "撤回",
    "reopen": "恢复",
    "keep": "保留",
}
"""What a plan does to tasks."""
AUDIENCES: Mapping[str, str] = {"mail": "个人邮件", "chat": "个人消息", "group": "群消息"}
"""How a channel speaks."""
