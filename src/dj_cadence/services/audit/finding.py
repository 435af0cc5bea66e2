"""What an audit says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that should not be."""

    kind: str
    number: int
    text: str
    """In Chinese: what was found, what was done about it or what is to be done."""
    mended: bool = False
    """Whether nothing is left for a person to do."""


SENTENCES = {
    "site_unnamed": "处站点标识不对（邮件和日历靠它辨认）；请从备份恢复",
    "site_start": "处站点起用日期离现在太远；请从备份恢复",
    "site_held_and_sending": "处发送开关自相矛盾（既已开启又已暂停）；已暂停，确认后运行 send on",
    "site_held_ahead": "处发送暂停的日期在将来；已改为今天",
    "site_spoke_ahead": "处最后发送的日期在将来，迟发的消息会不注明；已改为今天",
    "site_digest_week": "处周报记到了将来的一周，以后的周报会停发；已改回最近做过的一周",
    "site_data_version": "处数据版本号倒退，花名册的改动会不进计划；已改正",
    "site_counters": "处站点计数是负数；已改正",
    "layout_row": "条结构标记多余；已删去",
    "saved_rules_row": "条规则文件的检查结果多余；已删去",
    "saved_rules_told": "条规则文件的检查结果先告知、后发现；已改为未告知",
    "channel_put_off": "个渠道的下一次试发排得太远；已排到现在",
    "channel_counters": "个渠道的故障计数不对；已改正",
    "channel_told_before": "个渠道的故障先告知、后发生；已改为未告知",
    "channel_shut": "个渠道发不出消息（{ids}）；对方的答复和办法见 doctor",
    "report_hash": "条退信记号不对；已删去",
    "token_purpose": "个链接的用途不认识；已删去",
    "login_hash": "次登录读不懂；已删去，本人重新登录即可",
    "login_backwards": "次登录的先后颠倒；已退出，本人重新登录即可",
    "feed_generation": "个日历地址的代次不对；已改为第一代，旧地址要重新订阅",
    "feed_copy": "份日历的留存不完整；已作废，下次读取时重做",
    "feed_revision_number": "处日历修订号是负数；已改正",
    "org_kind": "个组织的类型不认识；请用花名册重新导入（编号 {ids}）",
    "org_nameless": "个组织没有代码或名称；请用花名册重新导入（编号 {ids}）",
    "org_handed_over": "个组织没有撤销，却记着已移交；已改正",
    "person_nameless": "个人没有编号或姓名；请用花名册重新导入（编号 {ids}）",
    "address_empty": "个地址是空的；已删去",
    "address_state": "个地址的状态不认识；已改为可用，下次发送时见分晓",
    "address_bad_since": "个地址被拒收，却没有记时间；已记为现在",
    "address_aside": "个地址被搁置，却没有说到哪天或太久；已改为可用，下次发送时见分晓",
    "appointment_office": "条任职的职务不认识；请用花名册重新导入（编号 {ids}）",
    "appointment_backwards": "条任职的止期早于起期，等于没有任职；请用花名册改正（编号 {ids}）",
    "appointment_welcomed": "条任职的到任通知记在将来；已改为今天",
    "start_event_none_running": "个组织有换届记录，却没有一届在任；已以最近一次为准",
    "start_event_ahead": "条换届或事项的日期不可信；请在花名册或事项里改正（编号 {ids}）",
    "start_event_known": "条换届或事项的获知日期在将来；已改为今天",
    "override_key": "条部署的内容不认识；请撤销后重新部署（编号 {ids}）",
    "override_date": "条部署的日期读不懂；请撤销后重新部署（编号 {ids}）",
    "override_backwards": "条部署的结束早于开始；已改为同时",
    "quiet_backwards": "段静默期的止期早于起期；已删去",
    "quiet_for_ever": "段静默期要到两年以后，期间一律不提醒；请用 quiet 缩短（编号 {ids}）",
    "quiet_nowhere": "段静默期的组织不存在；已删去",
    "catalogue_twice_in_force": "版旧规则与新规则同时有效；已停用旧的，请运行 plan 核对",
    "slot_dates": "个周期的开始晚于截止；请运行 plan --apply 重新推算（编号 {ids}）",
    "slot_target": "个周期的次数不是正数；请运行 plan --apply 重新推算（编号 {ids}）",
    "cohort_duty": "组相同的组织没有写明职责；请从备份恢复（编号 {ids}）",
    "cohort_member_start_event": "项职责的归组指向不存在的换届或事项；请从备份恢复（{ids}）",
    "task_state": "项任务的状态不认识；已改为未办结，由引擎重新判定",
    "task_settled_without_instant": "项已办结的任务没有办结时间；已补记",
    "task_owed_with_instant": "项未办结的任务记着办结时间；已去掉",
    "task_settled_with_next_day": "项已办结或已报送的任务还排着下一步，会被当作未办；已去掉",
    "task_done_day": "项已办的任务没有办理日期，或日期在将来；已按办理记录改正",
    "task_amount": "项任务的完成数与办理记录不符；已改正",
    "task_target": "项任务的应完成数不是正数；已改为 1",
    "task_without_act_mark": "项任务有办理记录，却可能被计划撤回；已标明",
    "task_hour": "项任务的计划时间读不懂；已去掉时间，请重新定",
    "task_opens_after_due": "项已办结的任务开始晚于截止；已改为同一天",
    "task_dated_ahead": "项任务的改期记在将来；已改为今天",
    "task_revision": "项任务的改期次数少于提醒所记；已改正",
    "task_start_event": "项任务所依据的换届或事项不存在；请从备份恢复（任务 {ids}）",
    "task_about_nobody": "项任务所说的下级组织或事项不存在；请从备份恢复（任务 {ids}）",
    "plan_run_window": "项职责的计划记到了不可能的日期，以后的周期会不进计划；下次检查时重新推算",
    "plan_run_version": "项职责的计划版本号不对；下次检查时重新推算",
    "record_of_no_task": "条办理记录不属于任何任务；请从备份恢复，或忽略（编号 {ids}）",
    "record_ahead": "条办理记录的日期在将来；请在任务页撤销后重新登记（编号 {ids}）",
    "record_voided_before": "条办理记录的撤销早于登记；已改为同时",
    "record_amount": "条办理记录的数量是负数；已改为 0",
    "evidence_hash": "份附件的摘要或大小不对，文件打不开；请从备份恢复（编号 {ids}）",
    "act_kind": "条经过的种类不认识；请从备份恢复，或忽略（编号 {ids}）",
    "act_via": "条经过不知从哪里来；已改为不注明",
    "task_settled_without_act": (
        "项任务已办结，经过里却没有这一步；请看 task 编号，核实后撤销或重新登记（任务 {ids}）"
    ),
    "task_open_against_act": (
        "项任务未办结，经过里却已办结；请看 task 编号，核实后重新登记（任务 {ids}）"
    ),
    "message_state": (
        "封消息的状态不认识；发出过的记为已发，可能发出过的转为等人处理，其余作废并放回提醒"
    ),
    "message_kind": "封消息的种类不认识；已改为普通消息",
    "message_address": "封待发消息没有地址或渠道；已作废，提醒放回，随下一封发出",
    "message_sent_again": "封消息已经发出，却又排着要发或记作没有发出；已记为已发，不再发",
    "message_sent_without_instant": "封消息已经发出，却没有时间；已补记",
    "message_without_time": "封消息等着发送却没有时间；已排到现在",
    "message_final_with_time": "封消息已有结果却还排着时间；已去掉",
    "message_put_off": "封消息被排到下一个工作日以后；已排到现在",
    "message_of_an_earlier_day": (
        "封消息过了当天没有发出，也没有作废；已作废，提醒放回，随下一封发出"
    ),
    "message_lease": "封消息被占着却不知是谁、到几时；已放开，由引擎收回",
    "message_lease_left": "封消息没有在发送，却还被占着；已放开",
    "message_attempts": "封消息的投递次数少于投递记录；已改正",
    "message_sent_without_try": "封消息已经发出，却没有投递记录；已补记",
    "message_letter_lost_in_the_dark": (
        "封消息可能已经发出，底稿却不在了，再发就会不一样；已转为等人处理，"
        "问过收信人后用 deliveries retry 补发"
    ),
    "message_letter_lost": (
        "封已发消息的底稿不在了，查不到当时写了什么；要留底请从备份找回（编号 {ids}）"
    ),
    "message_notices_lost": (
        "封已发消息里没有一条提醒，说不清发了什么；要留底请从备份找回（编号 {ids}）"
    ),
    "message_ahead": "封消息的日期在将来，会顶掉那天的消息；已改到今天",
    "message_waiting_ahead": "封待发消息的日期在将来；已作废，提醒放回",
    "message_quarantined": "封消息两次发送都结果不明；问过收信人后，用 deliveries retry {ids} 补发",
    "attempt_outcome": "次投递的结果不认识；消息已发的记为已接收，其余记为结果不明",
    "attempt_without_end": "次投递没有下文；消息已发的记为已接收，其余记为结果不明",
    "attempt_ended_without_instant": "次投递没有结束时间；已补记",
    "attempt_number": "次投递的序号不对；请从备份恢复，或忽略（消息 {ids}）",
    "digest_week": "份周报属于将来的一周或读不懂的一周；已删去，到时再做",
    "digest_in_dead_message": "份周报留在已作废的消息里；已放回",
    "letter_empty": "封没有发过的信底稿是空的；已删去，发送时重写",
    "rate_number": "个限流记号不对；已删去",
    "notice_outcome": "条提醒的结果不认识；已按所在消息改正",
    "notice_said_without_outcome": "条提醒已随消息发出，却没有记上结果；已补记",
    "notice_in_unknown_message": (
        "条提醒所在的消息结果不明，提醒却没有结果；已记为不明，可用 deliveries retry 补发"
    ),
    "notice_in_dead_message": "条提醒留在已作废的消息里；已放回，随下一封发出",
    "notice_sent_in_unsent": "条提醒记作已发送，所在的消息却还没有发出；已改为待发送",
    "notice_sent_in_dead": "条提醒记作已发送，所在的消息却已作废；已放回，随下一封发出",
    "notice_sent_in_nothing": "条提醒记作已发送，却不知在哪封消息里；已记为结果不明",
    "notice_waiting": "条提醒早该发出却一直没有发；请运行 tick，再看日志（编号 {ids}）",
    "notice_ahead": "条提醒还没到日子就写下了（引擎曾按超前的时钟运行）；已撤下，到日子再写",
    "notice_said_ahead": "条提醒提前发过（引擎曾按超前的时钟运行）；已记到今天，到日子再提醒",
    "notice_level": "条提醒的级别不对；请从备份恢复，或忽略（编号 {ids}）",
    "notice_office": "条待发提醒的职务不认识；已改发书记",
    "notice_unaddressed_in_message": "条提醒记作没有可通知的人，却又在消息里；已按所在消息改正",
}
"""Of rows that break a rule, by the kind of finding: after the number, as `text` above.

`{ids}` stands for the first of the rows.
"""
