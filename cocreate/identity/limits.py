"""How often something may be tried: per account and per address, in memory or, for several processes, in Redis."""

import ipaddress
import logging
import time
from collections.abc import Sequence

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from cocreate.core.errors import TooMany
from cocreate.core.runtime import Runtime

log = logging.getLogger("cocreate.identity")
SIGN_UPS = RateLimitItemPerHour(20)
"""New accounts per address: enough for a shop's wireless network, too few to try addresses for accounts."""


class Limiter:
    """Counts tries in fixed windows; `take` refuses the one that is too many, `give_back` forgets a good one."""

    def __init__(self, redis_url: str) -> None:
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._shared = FixedWindowRateLimiter(_shared_storage(redis_url)) if redis_url else None

    def take(self, item: RateLimitItem, keys: Sequence[str]) -> None:
        """Count one try under each key; TooMany, with the seconds to wait, when a key has no tries left."""
        refused = [key for key in keys if not self._hit(item, key, 1)]
        if refused:
            raise TooMany(refused[0].partition(":")[0], retry_after=max(self._wait(item, key) for key in refused))

    def give_back(self, item: RateLimitItem, keys: Sequence[str]) -> None:
        """Do not count a try after all."""
        for key in keys:
            self._hit(item, key, -1)

    def _hit(self, item: RateLimitItem, key: str, cost: int) -> bool:
        if self._shared is not None:
            try:
                return self._shared.hit(item, key, cost=cost)
            except StorageError:
                log.warning("the shared limits are out of reach; counting in this process", exc_info=True)
        return self._own.hit(item, key, cost=cost)

    def _wait(self, item: RateLimitItem, key: str) -> int:
        reset = self._own.get_window_stats(item, key).reset_time
        if self._shared is not None:
            try:
                reset = self._shared.get_window_stats(item, key).reset_time
            except StorageError:
                log.warning("the shared limits are out of reach", exc_info=True)
        return max(1, round(reset - time.time()))


def _shared_storage(url: str) -> Storage:
    storage = storage_from_string(url, wrap_exceptions=True)
    assert isinstance(storage, Storage)
    return storage


def limiter(runtime: Runtime) -> Limiter:
    """The process's limiter."""
    known: Limiter | None = runtime.memory.get("identity.limiter")
    if known is None:
        known = runtime.memory.setdefault("identity.limiter", Limiter(runtime.settings.redis_url))
    return known


def sign_ins(runtime: Runtime) -> RateLimitItem:
    """How many failed sign-ins are borne, per account and per address."""
    return RateLimitItemPerMinute(runtime.settings.sign_in_tries, 5)


def address_key(address: str) -> str:
    """The key of a client's address; a whole /64 for IPv6, because one customer has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"
    if parsed.version == 6:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
