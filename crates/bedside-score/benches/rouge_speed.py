"""Times rouge-score 0.1.2 and bedside-score on the same texts, and compares every number; see rouge.sh."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer

binary, folder = sys.argv[1], Path(sys.argv[2])
dice = random.Random(20261123)
words = [f"{a}{b}" for a in "bcdfghjklmnpqrstvw" for b in ("a", "el", "ior", "un", "othy", "itis")]
weights = [1 / rank for rank in range(1, len(words) + 1)]  # as in language: few frequent words, many rare ones
KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def text(tokens: int, per_line: int) -> str:
    drawn = dice.choices(words, weights, k=tokens)
    return ".\n".join(" ".join(drawn[k : k + per_line]) for k in range(0, tokens, per_line)) + "."


# name, pairs, tokens of reference and candidate, tokens per line
SHAPES = [
    ("sentences", 2000, 20, 18, 20),
    ("notes, many lines", 40, 600, 500, 12),
    ("long notes, many lines", 10, 1500, 600, 12),
    ("long notes, one line", 6, 1500, 600, 10**9),
]

worst, slowest = 0.0, float("inf")
print(f"{'texts':26} {'Python pairs/s':>14} {'bedside pairs/s':>15} {'ratio':>7}  {'largest difference':>18}")
for name, pairs, reference, candidate, per_line in SHAPES:
    texts = [(text(reference, per_line), text(candidate, per_line)) for _ in range(pairs)]
    asked, answered = folder / "pairs.json", folder / "scores.json"
    asked.write_text(json.dumps(texts))

    scorer = RougeScorer(KINDS, use_stemmer=False)
    begin = time.perf_counter()
    python = [scorer.score(*pair) for pair in texts]
    python_per_s = pairs / (time.perf_counter() - begin)

    subprocess.run([binary, asked, answered], check=True)
    ours = json.loads(answered.read_text())
    difference = max(
        abs(one - other)
        for mine, theirs in zip(ours["scores"], python, strict=True)
        for kind, prf in zip(KINDS, mine, strict=True)
        for one, other in zip(prf, theirs[kind], strict=True)
    )
    ratio = ours["pairs_per_s"] / python_per_s
    worst, slowest = max(worst, difference), min(slowest, ratio)
    print(f"{name:26} {python_per_s:14.2f} {ours['pairs_per_s']:15.1f} {ratio:6.0f}x  {difference:18.1e}")

print(f"smallest ratio {slowest:.0f}x, largest difference {worst:.1e}")
sys.exit(0 if slowest >= 50 and worst <= 1e-9 else 1)
