"""How long an import takes: `cocreate bench import`, in a home of its own, with the program as people run it."""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cocreate
from cocreate.core.console import say
from cocreate.core.runtime import Runtime

ROWS = 5550
SECONDS_BAR = 20.0
_PARTS = [
    part.split()
    for part in (
        "座椅 方向盘 后视镜 空调 车机 导航 蓝牙 雨刷 后备箱 充电口 天窗 大灯 音响 轮胎 语音助手 摄像头 安全带 变速箱",
        "冷车启动 高速行驶 下雨天 升级以后 夜里停车 倒车时 市区里 充电时 行驶三千公里后 提车一周",
        "异响 故障灯亮 没反应 有噪音 不灵敏 生锈 经常断开 漏油 抖动 有异味 死机 无法启动 顿挫",
    )
]


def import_bench(runtime: Runtime, data: Path | None = None) -> dict[str, Any]:
    """Seconds for 5,550 rows through the command line, twice. The bar: 20 s, and the second time adds nothing.

    data: folder of the real complaints, by default beside the checkout; only where that has none, rows are made up.
    """
    real = (data or data_folder()).absolute() / "car_complaints.csv"
    if not real.exists():
        if data is not None:
            raise FileNotFoundError(real)
        say(f"there is no {real}: measuring with made-up rows")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file = real if real.exists() else _made_up(home / "complaints.csv")
        environment = {**os.environ, "COCREATE_HOME": str(home)}
        environment["COCREATE_DATABASE_URL"] = "" if runtime.database.is_sqlite else runtime.database.url
        mapping = "id=external_id,text=body,date=created_at,model=model,brand=tags"
        command = [
            sys.executable, "-c", "import main; main.cli()", "import", str(file), "--map", mapping,
            "--source", f"bench-{time.time_ns()}", "--json",
        ]  # fmt: skip
        first, second = _timed(command, environment), _timed(command, environment)
    told = "real" if file == real else "made up"
    return {"file": told, "first": first, "second": second, "passed": passed(first, second)}


def passed(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether these two runs keep the promise."""
    return bool(first["seconds"] <= SECONDS_BAR and first["added"] > 0 and second["added"] == 0)


def data_folder() -> Path:
    """Where the real feedback lies."""
    beside = Path(cocreate.__file__).parent.parent.parent / "shared" / "data"
    return Path(os.environ.get("COCREATE_REALDATA") or beside)


def _timed(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 (our own program)
    seconds = round(time.perf_counter() - started, 2)
    result = json.loads(done.stdout.splitlines()[-1])
    return {"seconds": seconds, **{name: result[name] for name in ("added", "updated", "skipped", "failed")}}


def _made_up(path: Path) -> Path:
    chance = random.Random(7)  # noqa: S311 (repeatable words, no secret)
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(["id", "brand", "model", "text", "date"])
        for number in range(ROWS):
            text = "".join(chance.choice(part) for part in _PARTS) + "，" + "".join(chance.choice(p) for p in _PARTS)
            writer.writerow(
                [number, "示例汽车", f"车型{number % 9}", text, f"2020-{number % 12 + 1}-{number % 28 + 1}"]
            )
    return path
