"""Counting tries: in this process, or in Redis for several of them."""

import pytest
from limits import RateLimitItemPerMinute

from cocreate.core.errors import TooMany
from cocreate.identity.limits import Limiter, address_key

THREE = RateLimitItemPerMinute(3)


def test_the_fourth_of_three_is_refused_and_told_when_to_come_back():
    limiter = Limiter("")
    for _ in range(3):
        limiter.take(THREE, ["account:a"])
    with pytest.raises(TooMany) as refused:
        limiter.take(THREE, ["account:a"])
    assert 0 < refused.value.retry_after <= 60
    limiter.take(THREE, ["account:b"])


def test_what_is_given_back_can_be_taken_again():
    limiter = Limiter("")
    for _ in range(10):
        limiter.take(THREE, ["account:a"])
        limiter.give_back(THREE, ["account:a"])


def test_processes_share_their_counts_through_redis(redis_socket):
    redis_url = f"redis+unix://{redis_socket}"
    one, two = Limiter(redis_url), Limiter(redis_url)
    for limiter in (one, two, one):
        limiter.take(THREE, ["account:a"])
    with pytest.raises(TooMany):
        two.take(THREE, ["account:a"])
    two.give_back(THREE, ["account:a"])
    two.give_back(THREE, ["account:a"])
    one.take(THREE, ["account:a"])


def test_without_redis_each_process_counts_by_itself(caplog):
    limiter = Limiter("redis://127.0.0.1:1")
    for _ in range(3):
        limiter.take(THREE, ["account:a"])
    with pytest.raises(TooMany):
        limiter.take(THREE, ["account:a"])
    assert "out of reach" in caplog.text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "", True),
    ],
)
def test_a_customer_has_one_key(one, other, same):
    assert (address_key(one) == address_key(other)) == same
