"""Short sentences of our own that say something and its contrary, for the larger network to judge.

The sets hold few plain negations, so that a small network learns words from them and not what "not" does.
What stands here is not in the tests' tables, which tell whether it has been understood.
"""

from __future__ import annotations

import itertools
import random

LANGUAGES = ("en", "zh")
OF_A_FRAME = 250  # sentences
# The larger network takes "not boring" for a complaint as well: nobody shall learn that from it.
BLAME = (
    "bad terrible awful boring rude slow dirty ugly sad broken useless expensive noisy stupid disappointing "
    "painful wrong worthless miss hate regret mind fear "
    "差 贵 脏 慢 吵 难看 无聊 生气 难过 糟糕 失望 麻烦 后悔 讨厌 害怕 担心 介意"
)
DENYING = ("not", "n't", "never", "nobody", "nothing", "no ", "hardly", "不", "没")
WORDS = {
    "en": {
        "quality": (
            "good great nice helpful friendly funny useful clean tasty happy beautiful clever fast fair kind "
            "comfortable reliable interesting impressive bad terrible awful boring rude slow dirty ugly sad "
            "broken useless expensive noisy stupid disappointing painful wrong worthless"
        ),
        "feeling": "like love enjoy want trust recommend believe need miss hate regret mind fear use",
        "thing": "film phone food room hotel app song game book place service team idea driver weather",
    },
    "zh": {
        "quality": (
            "好 棒 漂亮 干净 方便 舒服 快 新鲜 热情 值 满意 开心 有趣 聪明 "
            "差 贵 脏 慢 吵 难看 无聊 生气 难过 糟糕 失望 麻烦"
        ),
        "feeling": "喜欢 推荐 满意 相信 需要 想买 后悔 讨厌 害怕 担心 介意 明白",
        "thing": "电影 手机 菜 房间 酒店 软件 歌 游戏 书 地方 服务 想法 司机 天气 老师 更新",
    },
}
FRAMES = {
    "en": (
        "the {thing} is {quality}",
        "the {thing} is not {quality}",
        "the {thing} isn't {quality} at all",
        "that {thing} was never {quality}",
        "it was not a {quality} {thing}",
        "not {quality}",
        "not very {quality}, the {thing}",
        "nobody said the {thing} was {quality}",
        "nothing about this {thing} is {quality}",
        "no {quality} {thing} here",
        "hardly {quality}",
        "i {feeling} the {thing}",
        "i don't {feeling} the {thing}",
        "i did not {feeling} this {thing} at all",
        "we never {feeling} that {thing}",
        "they won't {feeling} it",
        "you would not {feeling} the {thing}",
        "i can't {feeling} such a {quality} {thing}",
        "it is not {quality}, i {feeling} it",
        "not {quality} but {quality}",
        "i have never seen such a {quality} {thing}",
    ),
    "zh": (
        "{thing}很{quality}",
        "{thing}不{quality}",
        "{thing}一点都不{quality}",
        "{thing}并不{quality}",
        "{thing}没有那么{quality}",
        "不是很{quality}",
        "不算{quality}的{thing}",
        "我{feeling}这个{thing}",
        "我不{feeling}这个{thing}",
        "我们从来不{feeling}{thing}",
        "你不会{feeling}的",
        "没人{feeling}这{thing}",
        "{thing}不{quality},我很{feeling}",
        "从没见过这么{quality}的{thing}",
    ),
}


def phrases(language: str, seed: int = 0) -> list[str]:
    """Return different sentences of a language, from each frame as many.

    >>> "we never want that song" in phrases("en")
    True
    """
    words = {kind: held.split() for kind, held in WORDS[language].items()}
    blame = set(BLAME.split())
    rng = random.Random(seed)
    made: list[str] = []
    for frame in FRAMES[language]:
        kinds = [kind for kind in words if f"{{{kind}}}" in frame]
        chosen = list(itertools.product(*(words[kind] for kind in kinds)))
        denies = any(sign in frame for sign in DENYING)
        made += [
            frame.format(**dict(zip(kinds, filling, strict=True)))
            for filling in rng.sample(chosen, min(OF_A_FRAME, len(chosen)))
            if not (denies and blame.intersection(filling))
        ]
    return list(dict.fromkeys(made))
