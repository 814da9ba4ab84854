"""What boards, their order, dates and the publishing of prepared steps promise."""

from tools.faults.fault import Fault

BOARDS = "tests/roadmap/boards/test_audience.py"
PUBLISHING = "tests/roadmap/publishing/test_publishing.py"

FAULTS = [
    Fault(
        "a board for some readers opens to every member",
        "roadmap/boards/audience.py",
        "        (audience == Audience.VERIFIED) & verified.exists(),\n",
        "        (audience == Audience.VERIFIED),\n",
        f"{BOARDS}::test_a_board_and_its_items_are_there_for_its_audience_alone",
    ),
    Fault(
        "an item on boards for some readers counts as public",
        "roadmap/boards/audience.py",
        "    return not audiences or Audience.PUBLIC in audiences\n",
        "    return True\n",
        f"{BOARDS}::test_nothing_of_it_leaks_by_any_door",
    ),
    Fault(
        "messages about an item go to who may not read it",
        "roadmap/boards/audience.py",
        "    if item.public:\n        return set(members)\n",
        "    if item.shown:\n        return set(members)\n",
        f"{BOARDS}::test_nothing_of_it_leaks_by_any_door",
    ),
    Fault(
        "a token without the scope reads boards for some readers",
        "roadmap/boards/audience.py",
        '    return actor if actor.signed_in and "roadmap:read" in (actor.scopes or ()) else GUEST\n',
        "    return actor\n",
        f"{BOARDS}::test_who_belongs_to_the_board_sees_it_beside_the_post_and_by_token",
    ),
    Fault(
        "a theme's page names items that its reader may not see",
        "roadmap/slots.py",
        "        .where(may_read(page.actor))\n",
        "",
        f"{BOARDS}::test_a_theme_names_what_answers_it_to_those_alone_who_may_read_that",
    ),
    Fault(
        "a new item with a sentence goes around the second person",
        "roadmap/items/routes.py",
        "    if form.value.sentence:\n        prepared.check_alone(db, item)\n",
        "",
        "tests/roadmap/publishing/test_publishing.py"
        "::test_a_new_item_that_begins_with_a_sentence_to_many_is_no_way_around",
    ),
    Fault(
        "two people who move at once undo each other",
        "roadmap/items/order.py",
        "    ids.insert(at, item.id or 0)\n",
        "    ids.insert(0, item.id or 0)\n",
        "tests/roadmap/items/test_order.py",
    ),
    Fault(
        "another column of another kind changes the status by a word",
        "roadmap/items/order.py",
        "    if column.kind != item.status:\n",
        "    if False:\n",
        "tests/roadmap/boards/test_columns.py::test_another_kind_is_a_step_and_not_a_move",
    ),
    Fault(
        "an item's public date moves beside the ledger",
        "roadmap/items/dates.py",
        '        reason=reason, by=by, public=public,',
        '        reason=reason or "—", by=by, public=public,',
        "tests/roadmap/items/test_windows.py::test_a_public_date_moves_by_no_door_without_a_reason",
    ),
    Fault(
        "imported names count among the members",
        "forum/follows/queries.py",
        '    labels = sum(":" in person for person in persons)\n',
        "    labels = 0\n",
        "tests/roadmap/items/test_service.py::test_people_are_counted_once",
    ),
    Fault(
        "whoever prepared it approves it",
        "roadmap/publishing/approval.py",
        "    if approver.id is None or approver.id == preparer_id:\n",
        "    if approver.id is None:\n",
        f"{PUBLISHING}::test_many_readers_want_a_second_person_who_prepared_none_of_it",
    ),
    Fault(
        "an approval outlives the words that were approved",
        "roadmap/publishing/service.py",
        "    return bool(publication.approved_by) and publication.approved_print == fingerprint(rows)\n",
        "    return bool(publication.approved_by)\n",
        f"{PUBLISHING}::test_many_readers_want_a_second_person_who_prepared_none_of_it",
    ),
    Fault(
        "one person alone tells many by the stage form",
        "roadmap/publishing/service.py",
        "    if item.shown and wants_second(session, [item]):\n",
        "    if False:\n",
        f"{PUBLISHING}::test_no_door_lets_one_person_alone_tell_many",
    ),
    Fault(
        "a stale step leaves with the others",
        "roadmap/publishing/service.py",
        "    return {row.item_id for row in rows if newest.get(row.item_id, 0) != row.seen}\n",
        "    return set()\n",
        f"{PUBLISHING}::test_one_stale_step_keeps_the_whole_batch_and_is_named",
    ),
    Fault(
        "a batch is published twice",
        "roadmap/publishing/service.py",
        "    if publication.published_at is not None:\n        raise AlreadyPublished",
        "    if publication.published_at is not None:\n        return 0\n        raise AlreadyPublished",
        f"{PUBLISHING}::test_a_prepared_step_is_heard_by_nobody_until_it_is_published_with_the_others",
    ),
]  # fmt: skip
