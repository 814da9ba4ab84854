"""What is promised of points, of the question after a release, and of one's own voice."""

from tools.faults.fault import Fault

LEDGER = "tests/cocreate/points/test_service.py::"
REWARDS = "tests/cocreate/points/test_gifts_and_rewards.py::"
CREDIT = "tests/roadmap/credit/test_credit.py::"
FOLLOWUP = "tests/roadmap/followup/test_followup.py::"

FAULTS = [
    Fault(
        "the rest of a split is dropped",
        "cocreate/points/laws.py",
        "    for place in order[: amount - sum(shares)]:\n",
        "    for place in order[:0]:\n",
        "tests/cocreate/points/test_laws.py::test_the_shares_of_a_split_sum_up_to_the_award",
    ),
    Fault(
        "a cap is passed over",
        "cocreate/points/service.py",
        "    given = max(0, min(wanted, _room(session, member_id, rule, moment)))\n",
        "    given = wanted\n",
        LEDGER + "test_100_events_at_once_never_pass_the_cap",
    ),
    Fault(
        "an account is read without being held",
        "cocreate/points/ledger.py",
        "        .values(balance=col(PointAccount.balance))\n",
        "        .values(balance=0)\n",
        LEDGER + "test_100_events_at_once_are_each_counted_once",
    ),
    Fault(
        "a reversal leaves the points",
        "cocreate/points/service.py",
        "    ledger.move_lots(session, laws.take(amount, lots, first=awarded.id), sign=-1)\n",
        "",
        LEDGER + "test_a_reversal_restores_the_balance_the_lots_and_the_room_below_the_cap",
    ),
    Fault(
        "a reversal takes what had expired as well",
        "cocreate/points/service.py",
        "    amount = awarded.amount - (lot.expired if lot else 0)\n",
        "    amount = awarded.amount\n",
        LEDGER + "test_points_expire_oldest_first_and_only_what_is_left",
    ),
    Fault(
        "the ledger may be changed",
        "cocreate/migrations/versions/0002_guards.py",
        '    "point_entry",\n',
        "",
        LEDGER + "test_the_ledger_refuses_to_be_changed",
    ),
    Fault(
        "a piece is sold twice",
        "cocreate/points/rewards.py",
        "    left = sa.or_(col(Reward.stock).is_(None), col(Reward.stock) > 0)\n",
        "    left = sa.true()\n",
        REWARDS + "test_the_stock_never_falls_below_zero_however_many_press_at_once",
    ),
    Fault(
        "the one who proposes many points gives them as well",
        "cocreate/points/grants.py",
        "    if by.member_id in (row.by_id, row.member_id):\n",
        "    if by.member_id == row.member_id:\n",
        REWARDS + "test_many_points_wait_for_another_hand",
    ),
    Fault(
        "what moves back keeps its thanks",
        "roadmap/credit/service.py",
        "                reverse(session, over[-1], why=MOVED_BACK, most=CHUNK)\n",
        "                over.pop()\n",
        CREDIT + "test_what_moves_back_is_taken_back_and_shipping_again_pays_again",
    ),
    Fault(
        "staff share in the thanks",
        "roadmap/credit/service.py",
        "        authors = [member_id for member_id in credit.authors if member_id in may]\n",
        "        authors = list(credit.authors)\n",
        CREDIT + "test_staff_and_those_who_left_get_none_and_their_share_goes_on",
    ),
    Fault(
        "the question comes before its days are over",
        "roadmap/followup/asking.py",
        " col(FollowUpAsk.due_at) <= clock.now(),",
        "",
        FOLLOWUP + "test_who_asked_for_it_and_has_it_is_asked_after_the_days_once",
    ),
    Fault(
        "the same release reopens an item twice",
        "roadmap/followup/service.py",
        "        if row is None or row.outcome is Outcome.REOPENED:\n",
        "        if row is None:\n",
        FOLLOWUP + "test_a_reopened_item_that_ships_again_may_reopen_again_but_not_by_the_same_release",
    ),
    Fault(
        "exactly enough is not enough",
        "roadmap/followup/rules.py",
        ">= threshold * tally.replies",
        "> threshold * tally.replies",
        FOLLOWUP + "test_a_partly_counts_half_and_nothing_counts_before_enough_replied",
    ),
    Fault(
        "more silent owners are asked than the sample",
        "roadmap/followup/asking.py",
        "found[place : place + min(CHUNK, sample - there - added)]",
        "found[place : place + CHUNK]",
        FOLLOWUP + "test_silent_owners_with_the_car_are_asked_up_to_the_sample",
    ),
    Fault(
        "a question names an item to those who may not see it",
        "roadmap/followup/asking.py",
        "    may = readers_among(session, item, [ask.member_id for ask, _, _ in rows])\n",
        "    may = {ask.member_id for ask, _, _ in rows}\n",
        FOLLOWUP + "test_an_item_for_some_readers_is_asked_of_these_alone",
    ),
    Fault(
        "a receipt names a theme of staff's words",
        "feedback_cluster/triage/voices.py",
        " and cards[told[0].id].public}",
        "}",
        "tests/roadmap/test_receipts.py::test_what_only_staff_may_read_stays_out",
    ),
    Fault(
        "anybody has a receipt of anybody's sentence",
        "forum/follows/receipts.py",
        '    raise NotFound(f"post {post.id} of member {actor.id}")\n',
        '    return "follows", post.created_at\n',
        "tests/forum/follows/test_receipts.py::test_only_ones_own_voted_and_followed_sentences_have_a_receipt",
    ),
]
