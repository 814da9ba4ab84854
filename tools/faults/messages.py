"""What messages promise: once, with a reason where not, own words always, nothing inside, nothing in the clear."""

from tools.faults.fault import Fault

NOTIFY = "tests/cocreate/notify"

FAULTS = [
    Fault(
        "somebody is told the same twice",
        "cocreate/core/db.py",
        ".on_conflict_do_nothing()\n    result: Any",
        "\n    result: Any",
        f"{NOTIFY}/test_inbox.py::test_every_member_gets_one_message_however_often_it_is_told",
    ),
    Fault(
        "a stage that comes back is not news again",
        "roadmap/items/notices.py",
        ':{change.stage.value}:{change.occurrence}"',
        ':{change.stage.value}:1"',
        "tests/roadmap/items/test_service.py::test_a_stage_reached_again_is_a_numbered_occurrence_and_told_again",
    ),
    Fault(
        "a mail that is not sent leaves no reason",
        "cocreate/notify/inbox/service.py",
        "            log.append(planned(Channel.MAIL, plan.mail, moment, about))\n",
        "",
        f"{NOTIFY}/test_deliveries.py::test_every_way_of_a_message_is_in_the_log_with_its_reason",
    ),
    Fault(
        "one's own words wait for the digest of a full day",
        "cocreate/notify/plan.py",
        "    if not own and reader.lately >= reader.cap:",
        "    if reader.lately >= reader.cap:",
        f"{NOTIFY}/test_plan.py::test_ones_own_words_are_always_told_and_neither_digest_nor_cap_holds_them",
    ),
    Fault(
        "a mute is not heard",
        "cocreate/notify/plan.py",
        "    if not own and (reader.muted or mode == Mode.OFF):",
        "    if not own and mode == Mode.OFF:",
        f"{NOTIFY}/test_choices.py::test_muting_from_a_message_stops_it_and_can_be_taken_back",
    ),
    Fault(
        "two senders take the same mail",
        "cocreate/notify/mail/sender.py",
        "due_at=moment + LEASE, attempts",
        "due_at=moment, attempts",
        f"{NOTIFY}/test_mail.py::test_two_senders_never_take_the_same_mail",
    ),
    Fault(
        "a killed sender loses the mail that it held",
        "cocreate/notify/mail/sender.py",
        "        col(Delivery.state).in_(OPEN),\n        col(Delivery.ended_at)",
        "        Delivery.state == State.PLANNED,\n        col(Delivery.ended_at)",
        f"{NOTIFY}/test_mail.py::test_a_killed_sender_leaves_one_mail_that_comes_again_with_the_same_id",
    ),
    Fault(
        "a repeated mail looks like a new one",
        "cocreate/notify/mail/compose.py",
        'mail["Message-ID"] = message_id(settings, key)',
        'mail["Message-ID"] = message_id(settings, f"{key}{id(mail)}{clock.now()}")',
        f"{NOTIFY}/test_mail.py::test_a_killed_sender_leaves_one_mail_that_comes_again_with_the_same_id",
    ),
    Fault(
        "a mail and its password travel in the clear",
        "cocreate/notify/mail/server.py",
        '        if settings.smtp_tls == "starttls":',
        '        if settings.smtp_tls == "starttls" and connection.has_extn("starttls"):',
        f"{NOTIFY}/test_mail.py::test_a_server_without_starttls_gets_neither_mail_nor_password",
    ),
    Fault(
        "looking at the link of a mail stops it",
        "cocreate/notify/preferences/routes.py",
        '@router.get("/unsubscribe/{token}", dependencies=ANYBODY)\n'
        "def show_stop(token: str, runtime: CurrentRuntime, page: CurrentPage) -> Response:\n",
        '@router.get("/unsubscribe/{token}", dependencies=ANYBODY)\n'
        "def show_stop(token: str, runtime: CurrentRuntime, page: CurrentPage, db: Db) -> Response:\n"
        "    service.stop_mails(db, links.read(runtime.settings, token))\n",
        f"{NOTIFY}/test_choices.py::test_looking_at_the_link_changes_nothing",
    ),
    Fault(
        "a robot's name leads inside by its second address",
        "cocreate/notify/outbound.py",
        "not all(is_public(address)",
        "not any(is_public(address)",
        f"{NOTIFY}/test_outbound.py::test_a_name_that_leads_inside_is_refused_though_one_of_its_addresses_is_public",
    ),
    Fault(
        "the name is asked once more when the connection is made",
        "cocreate/notify/outbound.py",
        "socket.create_connection((self.address, target[1])",
        "socket.create_connection(target",
        f"{NOTIFY}/test_outbound.py::test_the_connection_goes_to_the_checked_address",
    ),
    Fault(
        "a robot speaks faster than its vendor allows",
        "cocreate/notify/robots/sender.py",
        "    free: Sequence[Any] = (col(Robot.id) == robot.id, col(Robot.next_at) <= moment)",
        "    free: Sequence[Any] = (col(Robot.id) == robot.id,)",
        f"{NOTIFY}/test_robots.py::test_what_comes_within_the_pause_is_said_together_after_it",
    ),
]
