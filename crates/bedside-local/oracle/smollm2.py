"""Independent oracle of bedside-local: the same model in numpy with 64-bit floats, written from the format's description.

    pip install numpy tokenizers jinja2
    python smollm2.py WEIGHTS > smollm2.json
"""

import json
import struct
import sys

import jinja2
import numpy as np
import tokenizers

ITEMS = [
    ("The capital of France is", ["Paris", "London", "The capital of France is Paris", "a"]),
    (
        "A 67-year-old man has crushing chest pain for 2 hours. The ECG shows ST elevation in II, III and aVF. Which artery is most likely occluded?\n"
        "A) left anterior descending\nB) right coronary\nC) left circumflex\nD) left main\nAnswer with one letter.",
        ["A", "B", "C", "D"],
    ),
    (
        "Which drug is contraindicated in a patient with a serum potassium of 6.1 mmol/L and an eGFR of 22 mL/min/1.73 m\u00b2?\n"
        "A) furosemide\nB) spironolactone\nC) salbutamol\nD) insulin\nAnswer with one letter.",
        ["A", "B", "C", "D"],
    ),
    ("Do statins reduce mortality after myocardial infarction? Answer yes, no or maybe.", ["yes", "no", "maybe", "It is not known."]),
    ("Dosis: 2,5 mg/kg t\u00e4glich \u2014 na\u00efve \u60a3\u8005 \U0001fa7a\n\n  1) \u03bcg?\tIt's 2026-11-23 10:05 AM.", ["1", " 2", "\n", "\u03bcg"]),
]


class Reader:
    kinds = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, kind):
        (value,) = struct.unpack_from("<" + kind, self.data, self.at)
        self.at += struct.calcsize("<" + kind)
        return value

    def text(self):
        size = self.take("Q")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8")

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            inner, count = self.take("I"), self.take("Q")
            return [self.value(inner) for _ in range(count)]
        return self.take(self.kinds[kind])


def load(path):
    data = open(path, "rb").read()
    reader = Reader(data)
    assert reader.take("I") == 0x46554747 and reader.take("I") == 3
    tensors, pairs = reader.take("Q"), reader.take("Q")
    meta = {}
    for _ in range(pairs):
        key = reader.text()
        meta[key] = reader.value(reader.take("I"))
    infos = {}
    for _ in range(tensors):
        name = reader.text()
        shape = [reader.take("Q") for _ in range(reader.take("I"))][::-1]
        infos[name] = (shape, reader.take("I"), reader.take("Q"))
    start = -(-reader.at // 32) * 32
    weights = {}
    for name, (shape, kind, offset) in infos.items():
        count = int(np.prod(shape))
        raw = np.frombuffer(data, np.uint8, offset=start + offset, count={0: count * 4, 3: count // 32 * 20, 8: count // 32 * 34}[kind])
        if kind == 0:
            flat = raw.view(np.float32).astype(np.float64)
        elif kind == 8:  # Q8_0: scale, 32 signed bytes
            rows = raw.reshape(-1, 34)
            flat = rows[:, :2].copy().view(np.float16).astype(np.float64) * rows[:, 2:].copy().view(np.int8)
        else:  # Q4_1: scale, minimum, 32 nibbles, the low ones first
            rows = raw.reshape(-1, 20)
            scale, least = (rows[:, a : a + 2].copy().view(np.float16).astype(np.float64) for a in (0, 2))
            flat = np.concatenate([rows[:, 4:] & 15, rows[:, 4:] >> 4], axis=1) * scale + least
        weights[name] = flat.reshape(shape)
    return meta, weights


def tokenizer(meta):
    tokens = meta["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in meta["tokenizer.ggml.merges"]]
    made = tokenizers.Tokenizer(tokenizers.models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.Digits(True), tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    made.add_special_tokens([token for token, kind in zip(tokens, meta["tokenizer.ggml.token_type"]) if kind == 3])
    return made


def logits(meta, weights, tokens):
    heads, key_heads, size = 9, 3, 64
    x = weights["token_embd.weight"][tokens]
    positions = np.arange(len(tokens))
    angle = positions[:, None] * meta["llama.rope.freq_base"] ** (-np.arange(0, size, 2) / size)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]

    def norm(x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + meta["llama.attention.layer_norm_rms_epsilon"]) * weight

    def turn(x, count):
        x = x.reshape(len(tokens), count, size // 2, 2)
        return np.stack([x[..., 0] * cos - x[..., 1] * sin, x[..., 0] * sin + x[..., 1] * cos], -1).reshape(len(tokens), count, size)

    for layer in range(meta["llama.block_count"]):
        w = lambda name: weights[f"blk.{layer}.{name}.weight"]
        h = norm(x, w("attn_norm"))
        q = turn(h @ w("attn_q").T, heads)
        k = turn(h @ w("attn_k").T, key_heads).repeat(heads // key_heads, axis=1)
        v = (h @ w("attn_v").T).reshape(-1, key_heads, size).repeat(heads // key_heads, axis=1)
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(size)
        scores = np.where(positions[None, :, None] >= positions[None, None, :], scores, -np.inf)
        share = np.exp(scores - scores.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        x = x + np.einsum("hqk,khd->qhd", share, v).reshape(len(tokens), -1) @ w("attn_output").T
        h = norm(x, w("ffn_norm"))
        gate = h @ w("ffn_gate").T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w("ffn_up").T)) @ w("ffn_down").T
    return norm(x, weights["output_norm.weight"]) @ weights["token_embd.weight"].T


def main():
    meta, weights = load(sys.argv[1])
    words = tokenizer(meta)
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(meta["tokenizer.chat_template"])
    items = []
    for question, options in ITEMS:
        text = template.render(messages=[{"role": "user", "content": question}], add_generation_prompt=True)
        prompt = words.encode(text, add_special_tokens=False).ids
        scores = []
        for option in options:
            tail = words.encode(option, add_special_tokens=False).ids
            rows = logits(meta, weights, prompt + tail)[len(prompt) - 1 : -1]
            logs = rows - np.log(np.exp(rows - rows.max(-1, keepdims=True)).sum(-1, keepdims=True)) - rows.max(-1, keepdims=True)
            scores.append(float(sum(logs[i, token] for i, token in enumerate(tail))))
        items.append({"question": question, "prompt_tokens": prompt, "options": options, "logprobs": scores})
    json.dump({"by": "smollm2.py", "items": items}, sys.stdout, indent=1)


main()
