# SPDX-License-Identifier: GPL-3.0-or-later
"""Slides of a lesson found and read: what it costs, and how much of the text is right."""

import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

from _lab import BIN, SOURCE, TOOLS
from _measure import Figure, say

sys.path.insert(0, str(SOURCE))
from tests.support.slides import distance, picture, plain  # noqa: E402

MINUTES = 45
TITLES = ["光的反射定律", "牛顿第一定律", "圆的面积", "蒸发与沸腾", "春晓", "细胞的结构", "一元二次方程",
          "长江三角洲", "丝绸之路", "Past tense", "氧气的制取", "声音的产生与传播"]
LINES = ["反射光线和入射光线分居法线两侧", "一切物体总保持静止状态或匀速直线运动状态",
         "把圆分成若干等份，拼成近似的长方形", "温度越高，蒸发越快", "春眠不觉晓，处处闻啼鸟",
         "植物细胞有细胞壁、叶绿体和液泡", "配方法、公式法和因式分解法", "地势低平，河网密布，湖泊众多",
         "张骞两次出使西域", "She visited the museum yesterday", "加热高锰酸钾制取氧气",
         "声音由物体的振动产生", "思考：为什么天空是蓝色的？", "完成课后练习第 3 题和第 5 题",
         "小组讨论，五分钟后汇报", "The homework is on page 42"]


def deck(n):
    """n slides of a title and two to five lines; no two follow each other that are alike."""
    chance = random.Random(7)
    return [(f"{i + 1} {chance.choice(TITLES)}", chance.sample(LINES, chance.randint(2, 5)), i % 3)
            for i in range(n)]


def _cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def slide_text(quick):
    """The figure slides; one measurement is of 60 slides, or a sixth of them."""
    n = 10 if quick else 60
    slides = deck(n)
    figure = Figure("slides", f"CPU, text and chapters of {n} slides in {MINUTES * n // 60} minutes", "s", "-")
    with tempfile.TemporaryDirectory() as folder:
        raw, lesson = pathlib.Path(folder, "raw"), pathlib.Path(folder, "lesson")
        say(f"{n} slides are painted and recorded")
        with raw.open("wb") as file:
            for title, lines, style in slides:
                file.write(picture(title, lines, style=style))
        subprocess.run([TOOLS / "slidelesson", raw, "1920", "1080", str(MINUTES * 60 // 60), lesson],
                       check=True)
        before = _cpu_of_children()
        told = json.loads(subprocess.run([BIN / "lectern-worker", "slides", lesson, "--json"], check=True,
                                         stdout=subprocess.PIPE).stdout)
        used = _cpu_of_children() - before
        read = [json.loads(line) for line in (lesson / "text.jsonl").read_text("utf-8").splitlines()]
    figure.alone(used)
    wrong = titles = whole = 0
    found = {slide["time_ns"] // 10**9: slide for slide in read}
    for i, (title, lines, _) in enumerate(slides):
        truth = plain(title + "".join(lines))
        slide = found.get(i * MINUTES)
        wrong += distance(plain(slide["text"]) if slide else "", truth)
        titles += bool(slide) and plain(slide["title"]) == plain(title)
        whole += len(truth)
    figure.notes["slides"] = f"{told['slides']} found, {sum(i * MINUTES in found for i in range(n))} of {n} at their times"
    figure.notes["characters wrong"] = f"{100 * wrong / whole:.1f} % of {whole}"
    figure.notes["titles right"] = f"{titles} of {n}"
    figure.goal_value("<= 90 s", used <= 90 * n / 60 and told["slides"] == n)
    return [figure]
