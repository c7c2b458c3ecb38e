#!/usr/bin/env python3
"""Records the embedded model's answers to the demonstration's items, for machines that cannot fetch its weights.

  bedside demo && bench/record-demo.py runs/*-demo-live.sqlite > crates/bedside/src/commands/demo/smollm2-135m.jsonl

Only item ids and the model's own words are written. An answer that repeats six words in a row of its prompt is left out, since those
may be a third party's sentence; its item then counts as not attempted.
"""
import json, re, sqlite3, sys

RUN = 6
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
blob = lambda digest: bytes(db.execute("SELECT bytes FROM blob WHERE digest = ?", (bytes.fromhex(digest),)).fetchone()[0]).decode()
words = lambda text: re.findall(r"\w+", text.lower())
runs = lambda text: {tuple(words(text)[i:i + RUN]) for i in range(len(words(text)) - RUN + 1)}
sent = {cell.hex(): json.loads(body)["request"] for cell, body in db.execute("SELECT cell, body FROM event WHERE kind = 'call.sent'")}
left_out = 0
for cell, benchmark, item, output in db.execute(
    "SELECT cell, benchmark, item, output FROM cell WHERE system LIKE 'local/%' AND outcome = 'answered' ORDER BY benchmark, item"
):
    text = blob(output)
    prompt = " ".join(message["content"] for message in json.loads(blob(sent[cell])))
    # The generated benchmark is ours: its words may be repeated.
    if benchmark != "prior-authorisation" and runs(text) & runs(prompt):
        left_out += 1
        continue
    print(json.dumps({"benchmark": benchmark, "item": item, "system": "smollm2-135m (recorded)", "output": text}, ensure_ascii=False))
print(f"{left_out} answers repeat their prompt and are left out", file=sys.stderr)
