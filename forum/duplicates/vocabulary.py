"""Words that finding duplicates treats apart: how people complain whatever it is about, and opposites."""

from collections.abc import Mapping

# Measured on real complaints: with full weight "希望厂家处理" made tickets equal that have nothing in common.
_POLITE = """
厂家 厂商 处理 希望 存在 质量 质量问题 解决 未解决 维修 修复 售后 服务 经销商 4s 4s店 店 严重 频繁 频发 多次
经常 新车 车辆 汽车 问题 故障 要求 出现 导致 影响 安全 行驶 驾驶 要求处理 拒绝 质保 索赔 更换 赔偿 召回 不予
承认 认可 解释 推脱 推诿 态度 合理 现象 发现 使用 正常 异常 情况 原因 检查 检测 车主 用户 建议 请 求 老是
总是 有时 时候 感觉 真的 大家 有没有 无人 无果 至今 一直 仍 反映 投诉 官方 客服 尽快 优化 改进 改善 可以
能不能 是否 无故 突然 无法解决 得不到 方案 解决方案 瑕疵 缺陷 隐患 设计 不良 多处
"""
POLITE = frozenset(_POLITE.split())

# Characters that say nothing when a cut leaves them alone.
PARTICLES = frozenset(
    "有的了时后在和与及是为不无没未个次就也都很太再还被把给让用能可要会到从向对中里内外上下等多大小新老前"
    "我你他她它咱谁哪这那些想做看说来去走站放弄搞左右该此其且或又更最才并而却一两三四五六七八九十年月日"
)

# Posts that each hold one side alone do not say the same.
OPPOSITES: Mapping[str, tuple[str, str]] = {
    "side": ("左", "右"),
    "end": ("前(?!进|不久|几|天|段|来|去|期|往|台)", "后(?!视|台|厂|来|期|续|又|果|悔|仍|依|未|还|也|再|备|盖)"),
    "seat": ("主驾|主驾驶", "副驾"),
    "hard": ("太硬|偏硬|过硬|很硬|发硬|硬了|较硬", "太软|偏软|过软|很软|发软|软了|较软"),
    "high": ("过高|太高|偏高|升高|增高|高了", "过低|太低|偏低|低了"),
    "loud": ("声音大|音量大|太响|太吵", "声音小|音量小"),
    "heavy": ("太重|偏重|沉重|过重", "太轻|偏轻|过轻"),
    "size": ("太大|过大|偏大", "太小|过小|偏小"),
    "fast": ("太快|过快", "太慢|过慢|缓慢"),
    "cold": ("不制冷|制冷", "不制热|制热|没有?暖风|暖风"),
    "pace": ("加速", "减速"),
    "reverse": ("倒车|倒挡|倒档", "前进挡|前进档"),
    "gear": ("升挡|升档", "降挡|降档"),
    "light": ("太亮|刺眼|过亮", "太暗|不亮|昏暗|亮度不[足够]"),
    "add": ("增加|加个|加一个|加上|支持", "取消|去掉|关掉|删除"),
    "switch": ("打不开|无法打开|不能打开", "关不上|无法关闭|不能关闭|关不严"),
    "up": ("升窗|升起", "降窗|下降"),
    "power": ("纯电|电动|新能源", "燃油|汽油|柴油"),
}
