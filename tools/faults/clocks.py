"""What is promised of clocks: working time, the ladder, the silence of posts, the leadership's five."""

from tools.faults.fault import Fault

LADDER = "tests/cocreate/clocks/test_ladder.py"
CALENDAR = "tests/cocreate/clocks/test_calendar.py"
SILENCE = "tests/forum/silence/test_silence.py"
LEADERS = "tests/feedback_cluster/leadership/test_leadership.py"

FAULTS = [
    Fault(
        "a make-up Saturday is a day off",
        "cocreate/clocks/calendar.py",
        "        return bool(chinese_calendar.is_workday(day))",
        "        return bool(chinese_calendar.is_workday(day)) and day.weekday() < 5",
        f"{CALENDAR}::test_mainland_holidays_rest_and_their_make_up_days_work",
    ),
    Fault(
        "people work on public holidays",
        "cocreate/clocks/calendar.py",
        "        return bool(chinese_calendar.is_workday(day))",
        "        return bool(chinese_calendar.is_workday(day)) or day.weekday() < 5",
        f"{CALENDAR}::test_mainland_holidays_rest_and_their_make_up_days_work",
    ),
    Fault(
        "time passes at the weekend",
        "cocreate/clocks/calendar.py",
        "        if not self.works_on(day):",
        "        if not self.works_on(day) and day.weekday() < 5:",
        f"{CALENDAR}::test_working_hours_pass_only_while_people_work",
    ),
    Fault(
        "a time is due a minute late",
        "cocreate/clocks/calendar.py",
        "                return begin + missing",
        "                return begin + missing + timedelta(minutes=1)",
        f"{CALENDAR}::test_the_due_moment_is_the_one_that_a_minute_walker_finds",
    ),
    Fault(
        "a year without holidays is not said",
        "cocreate/clocks/calendar.py",
        "        if not holidays_known(year) and",
        "        if holidays_known(year) and",
        f"{CALENDAR}::test_a_year_that_the_table_lacks_is_named_until_the_brand_enters_it",
    ),
    Fault(
        "nobody is warned before the time is over",
        "cocreate/clocks/ladder.py",
        "    return DUE if step == WARNED and moment >= row.due_at else step",
        "    return DUE if step == WARNED else step",
        f"{LADDER}::test_the_whole_ladder_minute_by_minute",
    ),
    Fault(
        "the leadership hears of it at once",
        "cocreate/clocks/ladder.py",
        "calendar.due(max(moment, row.due_at), row.period_hours, days)",
        "calendar.due(max(moment, row.due_at), 0, days)",
        f"{LADDER}::test_the_whole_ladder_minute_by_minute",
    ),
    Fault(
        "after a standstill the ladder runs up at once",
        "cocreate/clocks/ladder.py",
        "calendar.due(max(moment, row.due_at), row.period_hours, days)",
        "calendar.due(row.due_at, row.period_hours, days)",
        f"{LADDER}::test_after_a_standstill_a_clock_takes_one_step_a_period",
    ),
    Fault(
        "an answer does not stop the ladder",
        "cocreate/clocks/service.py",
        "col(ResponseClock.subject_id).in_(ids[start : start + CHUNK])",
        "col(ResponseClock.subject_id).in_([])",
        f"{LADDER}::test_the_first_human_answer_ends_it_at_every_step",
    ),
    Fault(
        "a comment of the brand does not stop the silence clock",
        "forum/silence/service.py",
        "    if comment.deleted_at is None and comment.hidden_at is None:\n",
        "    if comment.deleted_at is not None:\n",
        f"{SILENCE}::test_the_first_human_answer_stops_it_at_the_moment_it_was_given",
    ),
    Fault(
        "a machine's status counts as a human answer",
        "forum/silence/service.py",
        "    if by is not None and status != PostStatus.OPEN",
        "    if status != PostStatus.OPEN",
        f"{SILENCE}::test_owners_and_statuses_that_follow_from_something_else_do_not_stop_it",
    ),
    Fault(
        "a merge puts the promise off",
        "forum/silence/service.py",
        "        clocks.adopt(session, FIRST_ANSWER, target_id, like=own)",
        "        pass",
        f"{SILENCE}::test_a_merged_post_waits_at_its_head_by_the_earlier_promise",
    ),
    Fault(
        "the week's five change during the week",
        "feedback_cluster/leadership/service.py",
        "        return False\n    chosen = [",
        "        session.connection().exec_driver_sql('DELETE FROM leadership_theme')\n    chosen = [",
        f"{LEADERS}::test_what_happens_during_the_week_does_not_change_the_five",
    ),
    Fault(
        "a leader's answer is told twice to whoever stands behind two posts",
        "feedback_cluster/leadership/notices.py",
        "key=key, params=params, url=urls",
        """key=f"{key}:{__import__('uuid').uuid4()}", params=params, url=urls""",
        f"{LEADERS}::test_a_job_that_died_halfway_tells_the_rest_and_nobody_twice",
    ),
    Fault(
        "anybody of the staff answers for the leadership",
        "feedback_cluster/leadership/service.py",
        "    if by.id not in leads(session):",
        "    if by.id is None:",
        f"{LEADERS}::test_only_the_leadership_answers",
    ),
    Fault(
        "a theme that stands in two weeks is answered twice",
        "feedback_cluster/leadership/service.py",
        "    hold_theme(session, theme)\n",
        "",
        f"{LEADERS}::test_of_two_leaders_in_two_weeks_one_answers_the_theme",
    ),
    Fault(
        "an answer that was withdrawn still counts as one",
        "forum/silence/service.py",
        "    if not clocks.resume(session, FIRST_ANSWER, said):\n",
        "    if said or not clocks.resume(session, FIRST_ANSWER, said):\n",
        f"{LEADERS}::test_an_answer_that_is_withdrawn_lets_every_post_wait_on",
    ),
]
