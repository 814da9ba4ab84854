"""Feedback written for the voyage: three wishes that owners put in many ways, and some talk beside them."""

import csv
from pathlib import Path

WHEEL = [
    "方向盘加热太慢了，冬天手都冻僵了", "希望方向盘加热能分档", "方向盘加热五分钟还是凉的", "方向盘加热自动关太早",
    "冬天上车第一件事就是等方向盘加热", "方向盘加热要是能远程打开就好了", "方向盘加热只热一半，两边是凉的",
    "建议方向盘加热记住上次的档位", "零下十度方向盘加热基本没感觉", "方向盘加热开了之后有股胶味",
    "方向盘加热能不能跟座椅加热一起开", "方向盤加熱太慢，手很冷", "方向盘加热按钮藏得太深",
    "语音打开方向盘加热总是听不懂", "方向盘加热希望再热一点", "方向盘加热半小时自己关了",
]  # fmt: skip
BLUETOOTH = [
    "蓝牙一接电话就断", "车机蓝牙每天断连三四次", "升级之后蓝牙老是断连", "蓝牙断连之后要重启车机才好",
    "两台手机蓝牙切换总是失败", "蓝牙听歌断断续续", "上车蓝牙不会自动连接", "蓝牙连接要等一分钟",
    "蓝牙断连，导航声音也没了", "手机蓝牙连上没声音", "打电话蓝牙突然断开太危险", "車機藍牙斷線，重開才好",
    "蓝牙名字改了就连不上", "蓝牙断连能不能修一下", "新版本蓝牙比旧版本还差", "蓝牙电话对方听不清",
]  # fmt: skip
RANGE = [
    "冬天续航掉了四成", "冬季续航缩水太厉害", "零下续航只有标称的一半", "续航显示不准，冬天尤其明显",
    "高速续航掉得太快", "开暖风续航直接少一百公里", "希望冬天续航能估得准一点", "续航焦虑，冬天不敢出远门",
    "冬季续航打六折正常吗", "续航里程跳变，从一百直接到六十", "电池预热之后续航还是不行", "低温续航衰减严重",
    "续航和表显差太多", "冬天续航缩水，充电也慢", "续航不够跑一趟老家", "北方冬天续航真的不行",
]  # fmt: skip


def write_csv(path: Path) -> int:
    """Write the voices as a spreadsheet would export them; the number of rows."""
    texts = [*WHEEL, *BLUETOOTH, *RANGE]
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "内容", "车型", "时间", "昵称"])
        for number, text in enumerate(texts, 1):
            day = f"2026-{9 + number % 2:02d}-{1 + number % 27:02d}"
            writer.writerow([f"V{number}", text, ["云麓", "晴川"][number % 2], day, f"车友{number % 20}"])
    return len(texts)
