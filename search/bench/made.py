"""How quick search is over 10,000 made-up posts: `cocreate bench search` without real feedback."""

import random
import time
from collections.abc import Callable
from typing import Any

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from search.api import Scope, SearchDoc, prepare, put, search, similar
from search.bench.measure import quantiles

POSTS = 10_000
_PARTS = [
    part.split()
    for part in (
        "座椅 方向盘 后视镜 空调 车机 导航 蓝牙 雨刷 后备箱 充电口 天窗 大灯 音响 轮胎 手机钥匙 语音助手 摄像头",
        "冬天 高速上 开久了 下雨天 升级以后 夜里 倒车时 市区里 充电时 上个月起 带孩子时 停车后 刚提车 空载时",
        "异响 太慢 没反应 有噪音 不灵敏 加热不够 经常断开 看不清 容易误触 费电 不好用 有异味 会死机 结冰打不开",
        "希望尽快优化 大家遇到过吗 建议加一个开关 已经去店里两次 能不能远程升级 求解决 别的都满意 请产品经理看看",
    )
]
KIND = "bench"


def search_bench(runtime: Runtime) -> dict[str, Any]:
    """Index made-up posts inside one transaction that is rolled back; p50 and p95 in milliseconds."""
    chance = random.Random(7)  # noqa: S311 (repeatable words, no secret)
    texts = [" ".join(chance.choice(part) for part in _PARTS) + f" {number}" for number in range(POSTS)]
    docs = [SearchDoc(KIND, number, text[:40], text, clock.now()) for number, text in enumerate(texts, 1)]
    result: dict[str, Any] = {"posts": POSTS}

    class Done(Exception):
        pass

    try:
        with runtime.database.write() as session:
            started = time.perf_counter()
            put(session, prepare(session, docs))
            result["index_seconds"] = round(time.perf_counter() - started, 2)
            scope = Scope(staff=False)
            asked = [chance.choice(texts) for _ in range(200)]
            result["search"] = _timed(asked, lambda text: search(session, text[:4], scope=scope, kinds=[KIND]))
            result["typing"] = _timed(asked, lambda text: search(session, text[:7], scope=scope, kinds=[KIND]))
            result["similar"] = _timed(asked, lambda text: similar(session, text[:20], scope=scope, kinds=[KIND]))
            raise Done
    except Done:
        return result


def _timed(asked: list[str], ask: Callable[[str], object]) -> dict[str, float]:
    passed: list[float] = []
    for text in asked:
        started = time.perf_counter()
        ask(text)
        passed.append((time.perf_counter() - started) * 1000)
    return quantiles(passed)
