#!/usr/bin/env python3
"""Engine figures: cells per second and CPU seconds, in process and over loopback; peak memory, cold start, binary size.

  cargo build --release -p bedside && cargo build --release -p bedside-run --example stub_server
  bench/engine.py [--items 2000,20000] [--server http://127.0.0.1:8099/v1]

In process: `recorded:` outputs, resolved, scored and stored durably. Over loopback: openai/… against a server that answers at once
(the example `stub_server` unless --server names another). CPU is that of the client process with all its children. Nothing is timed in tests.
"""
import argparse, json, os, pathlib, random, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/bedside"
STUB = ROOT / "target/release/examples/stub_server"
WORDS = ("man woman presents fever cough chest pain dyspnea edema lisinopril metformin creatinine potassium elevated history hypertension diabetes "
         "examination reveals crackles murmur abdomen soft tender laboratory studies show leukocytes hemoglobin platelet count next step").split()
MANIFEST = """[benchmark]
id = "bench"
version = "1.0.0"
title = "Invented choice items for timing"
domain = "knowledge"
subdomain = "bench"
licence = "CC0-1.0"
data_class = "synthetic"
reviewed_by = "nobody yet"

[task]
kind = "choice"
reader = "human"
max_tokens = 16

[[prompt]]
id = "base"
template = "{{ item.question }}{% for option in item.options %}\\n{{ option.label }}. {{ option.text }}{% endfor %}\\nEnd with ANSWER: and the letter."

[[scorer]]
id = "choice"
"""


def package(folder, n):
    """About 600 characters an item, like a licensing question."""
    draw = random.Random(7)
    path = folder / f"bench-{n}"
    path.mkdir()
    (path / "benchmark.toml").write_text(MANIFEST)
    with open(path / "items.jsonl", "w") as items, open(folder / f"outputs-{n}.jsonl", "w") as outputs:
        for i in range(n):
            question = f"Case {i}: a {draw.randint(18, 90)}-year-old " + " ".join(draw.choice(WORDS) for _ in range(75)) + "?"
            options = [{"label": l, "text": " ".join(draw.choice(WORDS) for _ in range(4))} for l in "ABCD"]
            items.write(json.dumps({"id": f"s{i}", "input": {"question": question}, "options": options, "reference": draw.choice("ABCD")}) + "\n")
            outputs.write(json.dumps({"item": f"s{i}", "output": "ANSWER: " + draw.choice("ABCD")}) + "\n")
    return path


def measured(command, folder, **environment):
    start = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=dict(os.environ, **environment))
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--items", default="2000,20000")
    options.add_argument("--server")
    options = options.parse_args()
    server, stub = options.server, None
    if not server:
        stub = subprocess.Popen([STUB], stdout=subprocess.PIPE, text=True)
        server = stub.stdout.readline().strip()
    print("| what | items | wall s | CPU s | cells/s wall | cells per CPU s | peak MB |\n|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for n in (int(n) for n in options.items.split(",")):
            path = package(folder, n)
            for what, system in (("in process", f"recorded:outputs-{n}.jsonl"), ("loopback HTTP", "openai/mock?temperature=0")):
                wall, cpu, rss = measured([BINARY, "run", path, "--model", system, "--no-floor", "--items", "0", "--max-connections", "64"],
                                          folder, OPENAI_BASE_URL=server)
                print(f"| {what}, plan to page | {n} | {wall:.2f} | {cpu:.2f} | {n / wall:.0f} | {n / cpu:.0f} | {rss:.0f} |", flush=True)
    if stub:
        stub.kill()
    starts = sorted(measured([BINARY, "--help"], ROOT)[0] for _ in range(30))
    print(f"\ncold start `bedside --help`: median {1000 * starts[15]:.1f} ms; binary {BINARY.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
