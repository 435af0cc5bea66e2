"""What can happen to a site's data, in SQL, and what the auditor says of each.

The SQL is that of both databases, on the world of `audit_world` walked to LAST.
"""

from dataclasses import dataclass
from datetime import date

LAST = date(2026, 5, 12)


@dataclass(frozen=True)
class Damage:
    """What is done, and what the audit says of it."""

    name: str
    kinds: str
    """Of the findings; with an asterisk those that a person has to see to."""
    sql: tuple[str, ...]

    @property
    def expected(self) -> set[tuple[str, bool]]:
        return {(kind.rstrip("*"), not kind.endswith("*")) for kind in self.kinds.split()}


def task(where: str, change: str) -> str:
    """Change the first task of a kind."""
    return f"UPDATE task SET {change} WHERE id = (SELECT min(id) FROM task WHERE {where})"


def message(change: str, where: str = "kind = 'bundle'") -> str:
    return f"UPDATE message SET {change} WHERE id = (SELECT min(id) FROM message WHERE {where})"


def notice(change: str, where: str = "outcome = 'sent'") -> str:
    return f"UPDATE notice SET {change} WHERE id = (SELECT min(id) FROM notice WHERE {where})"


FUTURE = "'2099-01-01'"
LATER = "'2099-01-01T00:00:00.000000Z'"
FIRST_MESSAGE = "(SELECT min(id) FROM message WHERE kind = 'bundle')"
LATE_AND_NEW = (
    "SELECT min(id) FROM task WHERE state = 'overdue' AND step = '' AND due_revision = 0 "
    "AND subject_id = 0 AND asked_on IS NULL"
)
"""Late, and not under way at the start."""
LATE_TASK = "state = 'overdue' AND step = '' AND due_revision = 0 AND subject_id = 0"

AN_HOUR = "'2026-05-12T01:00:00.000000Z'"
LONG_AGO = "'2020-01-01T00:00:00.000000Z'"


def another(state: str, day: str = "2026-05-12", send_at: str = "NULL", address: str = "a") -> str:
    """One more message, number 9999, that was never tried."""
    return (
        "INSERT INTO message (id, person_id, day, serial, kind, channel, address, late, state, "
        "send_at, lease_by, attempts, created_at) SELECT 9999, person_id, "
        f"'{day}', 7, 'bundle', channel, '{address}', late, '{state}', {send_at}, '', 0, "
        f"created_at FROM message WHERE id = {FIRST_MESSAGE}"
    )


def one_more_notice(office: str) -> str:
    """A notice that waits for the next pass."""
    return (
        "INSERT INTO notice (id, task_id, due_revision, reminder_step, occurrence, level, office, "
        f"due_on, relay, outcome) SELECT 99999, id, due_revision, 'odd', 0, 0, '{office}', "
        "'2026-05-12', '', '' FROM task WHERE id = 1"
    )


def override(key: str, value: str, ended_at: str = "NULL") -> str:
    return (
        "INSERT INTO override (id, org_id, duty, period, key, value, reason, made_by, made_at, "
        f"ended_at) SELECT 1, id, 'theme_party_day', '', '{key}', '{value}', '', 'x', {AN_HOUR}, "
        f"{ended_at} FROM org WHERE code = 'T'"
    )


def quiet(org_id: int, since: str, until: str) -> str:
    return (
        "INSERT INTO quiet_period (id, org_id, since, until, reason, made_by, made_at) "
        f"VALUES (1, {org_id}, '{since}', '{until}', '', 'x', {AN_HOUR})"
    )


def trouble(next_try_at: str, refusals: int = 3, told_at: str = "NULL") -> str:
    """What is written down of a channel that takes nothing."""
    return (
        "INSERT INTO channel_state (channel, since, reason, refusals, domain, refused_at, "
        "next_try_at, pause_seconds, is_partial, told_at, revision) VALUES "
        f"('email', {AN_HOUR}, '550', {refusals}, '', {AN_HOUR}, {next_try_at}, "
        f"60, false, {told_at}, 1)"
    )


DAMAGES = (
    # --- channels ------------------------------------------------------------------------------
    Damage("a channel that takes nothing", "channel_shut*", (trouble(AN_HOUR),)),
    Damage("a channel shut until 2099", "channel_put_off channel_shut*", (trouble(LATER),)),
    Damage("refused less than never", "channel_counters", (trouble("NULL", -1),)),
    Damage("told before it was shut", "channel_told_before", (trouble("NULL", 3, LONG_AGO),)),
    Damage(
        "a report of no hash",
        "report_hash",
        (f"INSERT INTO handled_report (hash, seen_at) VALUES ('x', {AN_HOUR})",),
    ),
    Damage(
        "an address set aside for nobody knows how long",
        "address_aside",
        ("UPDATE address SET state = 'aside', times_aside = 1, bad_since = " + AN_HOUR,),
    ),
    # --- forms -------------------------------------------------------------------------------
    Damage(
        "a roster row that is half there",
        "json_unreadable* unreadable*",
        ("UPDATE org SET roster = '{\"code\":' WHERE code = 'T'",),
    ),
    Damage(
        "an act that is half there",
        "json_unreadable*",
        ("UPDATE act SET before = '{\"state\"' WHERE id = 1",),
    ),
    # --- what is rare ------------------------------------------------------------------------
    Damage("no site at all", "site_row*", ("DELETE FROM site",)),
    Damage(
        "a second mark of the tables",
        "layout_row",
        ("INSERT INTO layout (id, fingerprint) SELECT 2, fingerprint FROM layout",),
    ),
    Damage("an index is gone", "layout_altered*", ("DROP INDEX ix_task_next_on",)),
    Damage(
        "rule files looked at twice",
        "saved_rules_row",
        (
            (
                "INSERT INTO saved_rules (id, trouble, problems, since) "
                f"VALUES (2, 'x', '[]', {AN_HOUR})"
            ),
        ),
    ),
    Damage(
        "told of rule files before",
        "saved_rules_told",
        (f"UPDATE saved_rules SET told_at = {LONG_AGO}",),
    ),
    Damage(
        "an address of nothing", "address_empty", ("UPDATE address SET value = ' ' WHERE id = 1",)
    ),
    Damage(
        "an election known in 2099",
        "start_event_known",
        (f"UPDATE start_event SET known_on = {FUTURE} WHERE id = 1",),
    ),
    Damage(
        "a group of no duty",
        "cohort_duty*",
        ("UPDATE cohort SET duty = '' WHERE id = (SELECT min(id) FROM cohort)",),
    ),
    Damage(
        "a group that cannot be read",
        "cohort_facts*",
        ("UPDATE cohort SET facts = '{' WHERE id = (SELECT min(id) FROM cohort)",),
    ),
    Damage(
        "enrolled by an election that is not there",
        "cohort_member_start_event*",
        ("UPDATE org_cohort SET start_event_id = 999999 WHERE start_event_id > 0",),
    ),
    Damage(
        "a period that asks for nothing",
        "slot_target*",
        ("UPDATE slot SET target = 0 WHERE id = (SELECT min(id) FROM slot)",),
    ),
    Damage(
        "planned by a version below nothing",
        "plan_run_version",
        ("UPDATE plan_run SET data_version = -1",),
    ),
    Damage("an announcement of nothing", "override_key*", (override("odd", "x"),)),
    Damage("an announced day that is none", "override_date*", (override("due", "soon"),)),
    Damage(
        "an announcement that ended before",
        "override_backwards",
        (override("due", "2026-06-20", LONG_AGO),),
    ),
    Damage("quiet backwards", "quiet_backwards", (quiet(0, "2026-05-02", "2026-05-01"),)),
    Damage("quiet until 2099", "quiet_for_ever*", (quiet(0, "2026-06-01", "2099-01-01"),)),
    Damage("quiet at nobody's", "quiet_nowhere", (quiet(999, "2026-05-01", "2026-05-02"),)),
    Damage(
        "a token of no number",
        "rate_number",
        (f"INSERT INTO rate_token (bucket, n, taken_at) VALUES ('email', -1, {AN_HOUR})",),
    ),
    Damage(
        "a token taken in 2099",
        "instant_ahead",
        (f"INSERT INTO rate_token (bucket, n, taken_at) VALUES ('email', 0, {LATER})",),
    ),
    Damage(
        "a record of less than nothing", "record_amount", ("UPDATE record_task SET amount = -1",)
    ),
    Damage(
        "a record struck out before it was made",
        "record_voided_before",
        (f"UPDATE record SET voided_at = {LONG_AGO} WHERE id = 1",),
    ),
    Damage(
        "a paper without its hash",
        "evidence_hash* evidence_lost*",
        ("UPDATE evidence SET sha256 = 'x'",),
    ),
    Damage(
        "about an organization that is not there",
        "task_about_nobody* plan_differs",
        (
            task(
                "state = 'planned' AND step = '' AND duty = 'theme_party_day'",
                "subject_id = 999999",
            ),
        ),
    ),
    Damage(
        "done after it was due to open",
        "task_opens_after_due",
        (task("state = 'done'", "opens = '2027-12-31'"),),
    ),
    Damage(
        "owed, with the instant of its end",
        "task_owed_with_instant",
        (task("state = 'planned'", f"settled_at = {LONG_AGO}"),),
    ),
    Damage("done, and nothing asked", "task_target", (task("state = 'done'", "target = 0"),)),
    Damage(
        "said in a message that is over",
        "notice_sent_in_dead",
        (another("superseded"), notice("message_id = 9999")),
    ),
    Damage(
        "waiting in a message that is over",
        "notice_in_dead_message",
        (another("gave_up"), notice("outcome = '', message_id = 9999")),
    ),
    Damage(
        "waiting in a message of which nothing is known",
        "notice_in_unknown_message",
        (another("unknown"), notice("outcome = '', message_id = 9999")),
    ),
    Damage("waiting for an office that is none", "notice_office", (one_more_notice("队长"),)),
    Damage(
        "nobody to tell, and told",
        "notice_unaddressed_in_message",
        (notice("outcome = 'no_addressee'"),),
    ),
    Damage(
        "waiting since March",
        "notice_waiting*",
        (notice("outcome = '', message_id = NULL, person_id = NULL, due_on = '2026-03-03'"),),
    ),
    Damage(
        "a message to nowhere", "message_address", (another("ready", send_at=AN_HOUR, address=""),)
    ),
    Damage(
        "over, with an hour to be sent at",
        "message_final_with_time",
        (another("superseded", send_at=AN_HOUR),),
    ),
    Damage(
        "waiting since an earlier day",
        "message_of_an_earlier_day",
        (another("ready", "2026-05-08", AN_HOUR),),
    ),
    Damage(
        "waiting for a day in 2099",
        "message_waiting_ahead",
        (another("ready", "2099-01-05", AN_HOUR),),
    ),
    Damage(
        "in the dark, and its letter gone",
        "message_letter_lost_in_the_dark message_quarantined*",
        (
            message(
                "state = 'retry', sent_at = NULL, day = '2026-05-12', serial = -9, "
                f"send_at = {AN_HOUR}"
            ),
            f"UPDATE attempt SET outcome = 'unknown' WHERE message_id = {FIRST_MESSAGE}",
            f"UPDATE notice SET outcome = '' WHERE message_id = {FIRST_MESSAGE}",
            f"DELETE FROM letter WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage(
        "what a message said is gone",
        "message_notices_lost*",
        (f"DELETE FROM notice WHERE message_id = {FIRST_MESSAGE}",),
    ),
    Damage(
        "a try of no number",
        "attempt_number*",
        (f"UPDATE attempt SET n = -1 WHERE message_id = {FIRST_MESSAGE}",),
    ),
    Damage(
        "a letter of nothing",
        "letter_empty",
        (
            another("superseded"),
            (
                "INSERT INTO letter (message_id, skeleton_id, content) "
                "SELECT 9999, min(skeleton_id), '' FROM letter"
            ),
        ),
    ),
    Damage(
        "a digest in a message that is over",
        "digest_in_dead_message",
        (another("superseded"), "UPDATE digest SET message_id = 9999 WHERE message_id IS NOT NULL"),
    ),
    Damage("a calendar of no generation", "feed_generation", ("UPDATE feed SET generation = 0",)),
    Damage(
        "revised less than never", "feed_revision_number", ("UPDATE feed_revision SET number = -1",)
    ),
    # --- the site ------------------------------------------------------------------------
    Damage("its name in Message-IDs is gone", "site_unnamed*", ("UPDATE site SET uid = ''",)),
    Damage("it starts in 2099", "site_start*", (f"UPDATE site SET starts_on = {FUTURE}",)),
    Damage(
        "sending and held",
        "site_held_and_sending",
        ("UPDATE site SET sending_paused_on = '2026-04-01'",),
    ),
    Damage(
        "held in 2099",
        "site_held_ahead",
        (f"UPDATE site SET sending = false, sending_paused_on = {FUTURE}",),
    ),
    Damage("spoke in 2099", "site_spoke_ahead", (f"UPDATE site SET last_sending_day = {FUTURE}",)),
    Damage(
        "digests made for 2099", "site_digest_week", ("UPDATE site SET digest_week = '2099-W01'",)
    ),
    Damage(
        "a digest week that is none", "site_digest_week", ("UPDATE site SET digest_week = 'x'",)
    ),
    Damage(
        "the data's version fell back", "site_data_version", ("UPDATE site SET data_version = 0",)
    ),
    Damage("bundled in 2099", "instant_ahead", (f"UPDATE site SET bundled_at = {LATER}",)),
    Damage(
        "passes counted below nothing", "site_counters", ("UPDATE site SET shown_version = -3",)
    ),
    Damage("a pass in 2099", "clock_behind*", (f"UPDATE site SET last_tick = {LATER}",)),
    # --- the roster ----------------------------------------------------------------------
    Damage(
        "a branch without its superior",
        "org_supervisor",
        ("UPDATE org SET supervisor_id = NULL WHERE code = 'B1'",),
    ),
    Damage(
        "a branch below another",
        "org_supervisor",
        ("UPDATE org SET supervisor_id = (SELECT id FROM org WHERE code = 'T') WHERE code = 'B1'",),
    ),
    Damage(
        "a circle that the roster knows nothing of",
        "org_circle*",
        (
            "UPDATE org SET roster = '{}' WHERE code IN ('S', 'B1')",
            (
                "UPDATE org SET supervisor_id = "
                "(SELECT id FROM org WHERE code = 'B1') WHERE code = 'S'"
            ),
        ),
    ),
    Damage(
        "a wrong place in the tree",
        "org_position",
        ("UPDATE org SET position = 40 WHERE code = 'S'",),
    ),
    Damage(
        "a subtree cut short", "org_position", ("UPDATE org SET subtree_end = 2 WHERE code = 'E'",)
    ),
    Damage("an unknown kind", "org_kind*", ("UPDATE org SET kind = 'club' WHERE code = 'T'",)),
    Damage("a name is gone", "org_nameless*", ("UPDATE org SET name = ' ' WHERE code = 'T'",)),
    Damage(
        "handed over without an end",
        "org_handed_over",
        ("UPDATE org SET handed_over = '2026-04-01' WHERE code = 'T'",),
    ),
    Damage(
        "a superior that is not there",
        "reference_lost*",
        ("UPDATE org SET approver_id = 999999 WHERE code = 'T'",),
    ),
    Damage(
        "a person's name is gone", "person_nameless*", ("UPDATE person SET name = '' WHERE id = 1",)
    ),
    Damage(
        "an unknown state of an address", "address_state", ("UPDATE address SET state = 'odd'",)
    ),
    Damage(
        "refused since nobody knows when",
        "address_bad_since",
        ("UPDATE address SET state = 'bad'",),
    ),
    Damage(
        "an office that is none",
        "appointment_office*",
        ("UPDATE appointment SET office = '队长' WHERE id = 1",),
    ),
    Damage(
        "an office that ended before it began",
        "appointment_backwards*",
        ("UPDATE appointment SET since = '2026-04-01', until = '2025-01-01' WHERE id = 1",),
    ),
    Damage(
        "somebody in office who is not there",
        "reference_lost*",
        ("UPDATE appointment SET person_id = 999999 WHERE id = 1",),
    ),
    Damage(
        "welcomed in 2099",
        "appointment_welcomed",
        (f"UPDATE appointment SET handover_notified_on = {FUTURE} WHERE id = 1",),
    ),
    Damage(
        "a facts' hash that is another",
        "profile_facts*",
        ("UPDATE profile SET hash = 'x' || hash WHERE id = 1",),
    ),
    Damage(
        "an election without a running term",
        "start_event_none_running",
        ("UPDATE start_event SET current = false WHERE kind = 'election'",),
    ),
    Damage(
        "an election in 2099",
        "start_event_ahead*",
        (f"UPDATE start_event SET day = {FUTURE} WHERE id = 1",),
    ),
    # --- rules and the plan --------------------------------------------------------------
    Damage(
        "no rules in force", "catalogue_none_in_force*", ("UPDATE catalogue SET current = false",)
    ),
    Damage(
        "rules that cannot be read", "catalogue_content*", ("UPDATE catalogue SET content = '{'",)
    ),
    Damage(
        "rules that are not those of their hash",
        "catalogue_content*",
        ("UPDATE catalogue SET hash = 'x' || hash",),
    ),
    Damage(
        "two versions in force",
        "catalogue_twice_in_force",
        (
            (
                "INSERT INTO catalogue (id, hash, content, applied_at, applied_by, current) "
                "SELECT 0, 'older', content, applied_at, applied_by, true FROM catalogue"
            ),
        ),
    ),
    Damage(
        "a reminder plan that is another",
        "plan_snapshot_content",
        ("UPDATE plan_snapshot SET content = '{}'",),
    ),
    Damage(
        "a period that ends before it begins",
        "slot_dates*",
        ("UPDATE slot SET opens = '2027-12-31' WHERE id = (SELECT min(id) FROM slot)",),
    ),
    Damage("a duty planned to 2099", "plan_run_window", (f"UPDATE plan_run SET until = {FUTURE}",)),
    Damage(
        "a task is gone",
        "plan_differs",
        (
            (
                "DELETE FROM task WHERE id = (SELECT min(id) FROM task WHERE state = 'planned' "
                "AND step = '' AND duty = 'theme_party_day')"
            ),
        ),
    ),
    Damage(
        "a due date that is another",
        "plan_differs",
        (
            task(
                "state = 'planned' AND step = '' AND duty = 'theme_party_day'", "due = '2026-08-09'"
            ),
        ),
    ),
    # --- tasks ---------------------------------------------------------------------------
    Damage(
        "looked at in 2099",
        "task_next_day_late",
        (task("state = 'planned'", f"next_on = {FUTURE}"),),
    ),
    Damage(
        "looked at some days late",
        "task_next_day_late",
        (task("state = 'planned' AND next_on = opens", "next_on = '2027-05-30'"),),
    ),
    Damage(
        "never looked at", "task_without_next_day", (task("state = 'planned'", "next_on = NULL"),)
    ),
    Damage("reminded up to 2099", "task_ahead", (task(LATE_TASK, f"reminded_until = {FUTURE}"),)),
    Damage("an unknown state", "task_state", (task("state = 'planned'", "state = 'lost'"),)),
    Damage(
        "overdue before its day",
        "task_state",
        (task("state = 'planned' AND opens > '2026-06-01'", "state = 'overdue'"),),
    ),
    Damage(
        "planned though long open",
        "task_state",
        (task(LATE_TASK, "state = 'planned', next_on = '2026-05-18'"),),
    ),
    Damage(
        "settled without an instant",
        "task_settled_without_instant",
        (task("state = 'done'", "settled_at = NULL"),),
    ),
    Damage(
        "settled though nobody did it",
        "task_settled_without_act*",
        (
            task(
                "state = 'planned'",
                "state = 'waived', next_on = NULL, settled_at = '2026-04-01T00:00:00.000000Z'",
            ),
        ),
    ),
    Damage(
        "open though it was done",
        "task_open_against_act*",
        (
            task(
                "state = 'done' AND step = ''",
                "state = 'open', settled_at = NULL, next_on = '2026-05-12'",
            ),
        ),
    ),
    Damage(
        "done and still to come",
        "task_settled_with_next_day",
        (task("state = 'done'", "next_on = '2026-05-01'"),),
    ),
    Damage("done in 2099", "task_done_day", (task("state = 'done'", f"completed_on = {FUTURE}"),)),
    Damage("done on no day", "task_done_day", (task("state = 'done'", "completed_on = NULL"),)),
    Damage("counted too little", "task_amount", (task("state = 'done'", "amount = -2"),)),
    Damage(
        "records that the plan may take back",
        "task_without_act_mark",
        ("UPDATE task SET has_acts = false",),
    ),
    Damage(
        "an hour that is none", "task_hour", (task("state = 'planned'", "planned_time = 'noon'"),)
    ),
    Damage(
        "dated anew in 2099",
        "task_dated_ahead",
        (task("state = 'planned'", f"redated_on = {FUTURE}"),),
    ),
    Damage("revisions fell back", "task_revision", (task(LATE_TASK, "due_revision = -1"),)),
    Damage(
        "an election that is not there",
        "task_start_event* plan_differs",
        (task("start_event_id > 0 AND state = 'planned'", "start_event_id = 999999"),),
    ),
    Damage(
        "changed in 2099", "instant_ahead", (task("state = 'planned'", f"changed_at = {LATER}"),)
    ),
    # --- what people did -----------------------------------------------------------------
    Damage(
        "a record of no task",
        "record_of_no_task*",
        ("DELETE FROM record_task WHERE record_id = (SELECT min(id) FROM record)",),
    ),
    Damage(
        "a record of 2099", "record_ahead*", (f"UPDATE record SET day = {FUTURE} WHERE id = 1",)
    ),
    Damage(
        "a record whose task is gone",
        "reference_lost*",
        ("UPDATE record_task SET task_id = 999999 WHERE record_id = (SELECT min(id) FROM record)",),
    ),
    Damage("an act of no kind", "act_kind*", ("UPDATE act SET kind = 'dance' WHERE id = 1",)),
    Damage(
        "the act that settled a task is gone",
        "task_settled_without_act*",
        (
            (
                "DELETE FROM act WHERE task_id = (SELECT min(id) FROM task WHERE state = 'done' "
                "AND id NOT IN (SELECT task_id FROM act WHERE kind IN ('reopen', 'undo')))"
            ),
        ),
    ),
    Damage(
        "an act at no instant", "instant_unreadable", ("UPDATE act SET at = 'noon' WHERE id = 1",)
    ),
    Damage(
        "a message made at no instant",
        "instant_unreadable",
        (message("created_at = '2026-05-12 08:30:00'"),),
    ),
    Damage("an act by no door", "act_via", ("UPDATE act SET via = 'window' WHERE id = 1",)),
    Damage("an act in 2099", "instant_ahead", (f"UPDATE act SET at = {LATER} WHERE id = 1",)),
    Damage("a paper of another size", "evidence_spoilt*", ("UPDATE evidence SET size = size + 1",)),
    Damage(
        "a paper whose content is gone",
        "evidence_lost*",
        (f"UPDATE evidence SET sha256 = '{'0' * 64}'",),
    ),
    # --- notices -------------------------------------------------------------------------
    Damage("sent without an outcome", "notice_said_without_outcome", (notice("outcome = ''"),)),
    Damage("an unknown outcome", "notice_outcome", (notice("outcome = 'lost'"),)),
    Damage("sent in no message", "notice_sent_in_nothing", (notice("message_id = NULL"),)),
    Damage("in a message that is not there", "reference_lost", (notice("message_id = 999999"),)),
    Damage(
        "about a task that is not there",
        "reference_lost* notice_missing",
        (notice("task_id = 999999", f"task_id = ({LATE_AND_NEW})"),),
    ),
    Damage(
        "due in 2099 and waiting",
        "notice_ahead",
        (
            (
                "INSERT INTO notice (id, task_id, due_revision, reminder_step, occurrence, level, "
                "office, due_on, relay, outcome) "
                "SELECT 99999, id, due_revision, 'odd', 0, 0, '书记', "
                f"{FUTURE}, '', '' FROM task WHERE id = 1"
            ),
        ),
    ),
    Damage("due in 2099 and said", "notice_said_ahead", (notice(f"due_on = {FUTURE}"),)),
    Damage(
        "reminders are gone",
        "notice_missing",
        (
            (
                "DELETE FROM notice WHERE id = (SELECT max(id) FROM notice WHERE outcome = 'sent' "
                "AND message_id IN (SELECT message_id FROM notice GROUP BY message_id "
                f"HAVING count(*) > 1) AND task_id IN (SELECT id FROM task WHERE {LATE_TASK}))"
            ),
        ),
    ),
    Damage("an office that nobody can hold", "notice_level*", (notice("level = -1"),)),
    # --- messages ------------------------------------------------------------------------
    Damage(
        "a sent message to be sent again",
        "message_sent_again",
        (message("state = 'ready', send_at = '2026-05-12T01:00:00.000000Z'"),),
    ),
    Damage("an unknown state of a message", "message_state", (message("state = 'odd'"),)),
    Damage("an unknown kind of message", "message_kind", (message("kind = 'odd'"),)),
    Damage("sent at no time", "message_sent_without_instant", (message("sent_at = NULL"),)),
    Damage("sent in 2099", "instant_ahead", (message(f"sent_at = {LATER}"),)),
    Damage(
        "sent without a try",
        "message_sent_without_try",
        (f"DELETE FROM attempt WHERE message_id = {FIRST_MESSAGE}",),
    ),
    Damage("of a day in 2099", "message_ahead", (message(f"day = {FUTURE}"),)),
    Damage("fewer tries than there were", "message_attempts", (message("attempts = 0"),)),
    Damage(
        "leased by nobody for ever",
        "message_lease",
        (
            message(
                "state = 'leased', lease_by = 'ghost', sent_at = NULL, "
                f"send_at = '2026-05-12T01:00:00.000000Z', lease_until = {LATER}"
            )
            + "",
            f"DELETE FROM notice WHERE message_id = {FIRST_MESSAGE}",
            f"DELETE FROM attempt WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage("held though sent", "message_lease_left", (message("lease_by = 'ghost'"),)),
    Damage(
        "waiting without a time",
        "message_without_time",
        (
            message("state = 'retry', sent_at = NULL, day = '2026-05-12', serial = -9"),
            f"UPDATE attempt SET outcome = 'retry' WHERE message_id = {FIRST_MESSAGE}",
            f"UPDATE notice SET outcome = '' WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage(
        "waiting until 2099",
        "message_put_off",
        (
            message(
                "state = 'retry', sent_at = NULL, day = '2026-05-12', serial = -9, "
                f"send_at = {LATER}"
            ),
            f"UPDATE attempt SET outcome = 'retry' WHERE message_id = {FIRST_MESSAGE}",
            f"UPDATE notice SET outcome = '' WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage(
        "two tries in the dark",
        "message_quarantined* notice_sent_in_unsent",
        (message("state = 'quarantined', sent_at = NULL"),),
    ),
    Damage(
        "the letter is gone",
        "message_letter_lost*",
        (f"DELETE FROM letter WHERE message_id = {FIRST_MESSAGE}",),
    ),
    Damage(
        "the letter's words are others",
        "skeleton_content*",
        ("UPDATE skeleton SET content = X'00'",),
    ),
    Damage(
        "the letter's words are gone",
        "reference_lost*",
        ("DELETE FROM skeleton WHERE id = (SELECT min(skeleton_id) FROM letter)",),
    ),
    Damage(
        "the message is gone",
        "reference_lost",
        (f"DELETE FROM message WHERE id = {FIRST_MESSAGE}",),
    ),
    Damage("a try of no outcome", "attempt_outcome", ("UPDATE attempt SET outcome = 'odd'",)),
    Damage(
        "a try that never ended", "attempt_without_end", ("UPDATE attempt SET outcome = 'sending'",)
    ),
    Damage(
        "a try that ended at no time",
        "attempt_ended_without_instant",
        ("UPDATE attempt SET ended = NULL",),
    ),
    Damage(
        "a digest of 2099",
        "digest_week",
        (
            (
                "UPDATE digest SET week = '2099-W01' "
                "WHERE org_id = 1 AND week = (SELECT max(week) FROM digest)"
            ),
        ),
    ),
    Damage(
        "a digest in a message that is not there",
        "reference_lost",
        ("UPDATE digest SET message_id = 999999 WHERE message_id IS NOT NULL",),
    ),
    # --- links ---------------------------------------------------------------------------
    Damage(
        "links of messages are gone", "token_lost", ("DELETE FROM token WHERE purpose = 'message'",)
    ),
    Damage(
        "a login that nobody can use", "login_hash", ("UPDATE login SET hash = 'x' WHERE id = 1",)
    ),
    Damage(
        "a login that ended before it began",
        "login_backwards",
        ("UPDATE login SET ended_at = '2020-01-01T00:00:00.000000Z' WHERE id = 1",),
    ),
    Damage(
        "a login of nobody", "reference_lost", ("UPDATE login SET person_id = 999 WHERE id = 1",)
    ),
    Damage(
        "calendars' addresses are gone",
        "feed_token_lost",
        ("DELETE FROM token WHERE purpose = 'feed'",),
    ),
    Damage(
        "a link of no purpose",
        "token_purpose token_lost",
        ("UPDATE token SET purpose = 'odd' WHERE purpose = 'message'",),
    ),
    Damage(
        "a calendar's copy is others' bytes", "feed_copy_spoilt", ("UPDATE feed SET body = X'00'",)
    ),
    Damage("a calendar's copy is half there", "feed_copy", ("UPDATE feed SET packed = NULL",)),
)
