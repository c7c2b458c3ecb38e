#!/usr/bin/env python3
"""Engine figures, beside the peers that are installed: cells per second and CPU second, peak memory, cold start, binary size.

  cargo build --release -p bedside && cargo build --release -p bedside-run --example stub_server
  bench/engine.py [--items 2000,20000,200000] [--loopback-items N] [--million] [--peers VENV/bin/python [--peer-items 200,2000]]

Everyone gets the same invented choice items of about 600 characters, as their own formats want them. In process the answer is made in the
same process: `recorded:` outputs for bedside, a model of three lines for Inspect, `dummy` for lm-eval, `simple/model1` for MedHELM. Over
loopback everyone asks the same server, 64 connections: the example `stub_server`, or `--stub FILE`, or one that runs (`--server URL`).
CPU and peak memory are of the client process with its ended children; Python's start is in them, so each peer runs twice and the cells
between the two sizes give its marginal cost. `--million` adds 20,000 items x 50 epochs, running and reading. Nothing is timed in tests.

  pip install inspect-ai openai 'lm-eval[api]'     # and medhelm, 6.4 GB; which of them are there is looked up
"""
import argparse, csv, json, os, pathlib, random, socket, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
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
INSPECT = """
import json, sys
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, get_model, modelapi
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice

class Instant(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        return ModelOutput.from_content(self.model_name, "ANSWER: B")

@modelapi(name="instant")
def instant():
    return Instant

samples = [Sample(id=row["id"], input=row["question"], choices=row["choices"], target=row["answer"]) for row in map(json.loads, open(sys.argv[1]))]
config = GenerateConfig(max_connections=64, temperature=0, max_tokens=16)
arguments = {"responses_api": False} if sys.argv[2].startswith("openai/") else {}
log, = eval(Task(MemoryDataset(samples), solver=multiple_choice(), scorer=choice()), model=get_model(sys.argv[2], config=config, **arguments),
            display="none", log_dir=sys.argv[3], max_samples=64)
if log.error:
    print(log.error.message)
sys.exit(log.status != "success" or log.results.completed_samples != len(samples))
"""
LM_EVAL = """task: bench
dataset_path: json
dataset_kwargs: {data_files: {test: %s}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}\\nA. {{choices[0]}}\\nB. {{choices[1]}}\\nC. {{choices[2]}}\\nD. {{choices[3]}}\\nEnd with ANSWER: and the letter."
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["</s>"], max_gen_toks: 16, temperature: 0}
filter_list: [{name: letter, filter: [{function: regex, regex_pattern: "ANSWER: ([A-D])"}, {function: take_first}]}]
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
MEDHELM_MODELS = """model_deployments:
- name: bench/mock
  model_name: bench/mock
  tokenizer_name: simple/tokenizer1
  max_sequence_length: 100000
  client_spec: {class_name: helm.clients.openai_client.OpenAIClient, args: {base_url: "%s", api_key: none, openai_model_name: mock}}
"""
MEDHELM_METADATA = """models:
- {name: bench/mock, display_name: mock, description: stub, creator_organization_name: bench, access: open, release_date: 2026-01-01, tags: [TEXT_MODEL_TAG, INSTRUCTION_FOLLOWING_MODEL_TAG]}
"""


def package(folder, n):
    """The same items, of about 600 characters like a licensing question, in the form of each system."""
    draw = random.Random(7)
    path = folder / f"bench-{n}"
    path.mkdir()
    (path / "benchmark.toml").write_text(MANIFEST)
    with (open(path / "items.jsonl", "w") as items, open(folder / f"outputs-{n}.jsonl", "w") as outputs, open(folder / f"peers-{n}.jsonl", "w") as peers,
          open(folder / f"medhelm-{n}.csv", "w", newline="") as table):
        rows = csv.writer(table)
        rows.writerow(["question", "correct_answer", "incorrect_answers"])
        for i in range(n):
            question = f"Case {i}: a {draw.randint(18, 90)}-year-old " + " ".join(draw.choice(WORDS) for _ in range(75)) + "?"
            options = [{"label": l, "text": " ".join(draw.choice(WORDS) for _ in range(4)) + f" {l}"} for l in "ABCD"]
            key = draw.choice("ABCD")
            items.write(json.dumps({"id": f"s{i}", "input": {"question": question}, "options": options, "reference": key}) + "\n")
            outputs.write(json.dumps({"item": f"s{i}", "output": "ANSWER: " + draw.choice("ABCD")}) + "\n")
            peers.write(json.dumps({"id": f"s{i}", "question": question, "choices": [o["text"] for o in options], "answer": key}) + "\n")
            asked = question + "".join(f"\n{o['label']}. {o['text']}" for o in options)
            rows.writerow([asked, key, json.dumps([l for l in "ABCD" if l != key])])
    return path


class Failed(Exception):
    pass


def measured(command, folder, **environment):
    """Wall seconds, CPU seconds and peak MB of a command that ends well."""
    with open(folder / "last.log", "w") as log:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], cwd=folder, stdout=log, stderr=log, env=dict(os.environ, **environment))
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    if status:
        last = (folder / "last.log").read_text(errors="replace").strip()[-1500:]
        raise Failed(f"{command[:3]} ended with {os.waitstatus_to_exitcode(status)}: {last}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def start_stub(path):
    """The server that everyone asks; a Python file is told a free port, the example prints its own."""
    if path.suffix != ".py":
        stub = subprocess.Popen([path], stdout=subprocess.PIPE, text=True)
        return stub, stub.stdout.readline().strip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stub = subprocess.Popen([sys.executable, path, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    stub.stdout.readline()
    return stub, f"http://127.0.0.1:{port}/v1"


def installed(python):
    modules = {"Inspect": "inspect_ai", "lm-eval": "lm_eval", "MedHELM": "helm"}
    probe = "import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if u.find_spec(m)))"
    found = subprocess.run([python, "-c", probe, *modules.values()], capture_output=True, text=True, check=True).stdout.split()
    return [name for name, module in modules.items() if module in found]


def peer(name, python, n, server, folder):
    """The command that puts `n` items to a peer; in process if there is no server."""
    if name == "Inspect":
        (folder / "inspect_bench.py").write_text(INSPECT)
        return [python, "inspect_bench.py", f"peers-{n}.jsonl", "openai/mock" if server else "instant/instant", f"inspect-{n}"]
    if name == "lm-eval":
        tasks = folder / f"lm-eval-{n}"
        tasks.mkdir(exist_ok=True)
        (tasks / "bench.yaml").write_text(LM_EVAL % json.dumps(str(folder / f"peers-{n}.jsonl")))
        # Inspect's solver and ours send one user message; so does this with a chat template.
        model = (["local-chat-completions", "--model_args", f"base_url={server}/chat/completions,model=mock,num_concurrent=64,tokenized_requests=False",
                  "--apply_chat_template"] if server else ["dummy"])
        return [python, "-m", "lm_eval", "--tasks", "bench", "--include_path", tasks, "--log_samples", "--output_path", f"lm-eval-out-{n}", "--model", *model]
    (folder / "medhelm.txt").write_text("{question}\nAnswer with the letter.")
    (folder / f"medhelm-{n}.yaml").write_text(f"name: BENCH-{n}\ndescription: timing\nprompt_file: medhelm.txt\ndataset_file: medhelm-{n}.csv\n"
                                              "max_tokens: 16\nmetrics:\n  - name: exact_match\n")
    local = folder / "medhelm-local"
    local.mkdir(exist_ok=True)
    (local / "model_deployments.yaml").write_text(MEDHELM_MODELS % server)
    (local / "model_metadata.yaml").write_text(MEDHELM_METADATA)
    model = "bench/mock" if server else "simple/model1"
    return [python, "-m", "helm.benchmark.run", "--run-entries", f"medhelm_configurable_benchmark:model={model},config_path=medhelm-{n}.yaml", "--suite",
            f"s{n}-{'http' if server else 'in'}", "--max-eval-instances", n, "-n", "64", "--local-path", local]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--items", default="2000,20000", help="sizes for bedside")
    options.add_argument("--loopback-items", type=int, default=20000, help="no more than so many over loopback")
    options.add_argument("--million", action="store_true", help="also 1,000,000 cells, running and reading")
    options.add_argument("--peers", metavar="PYTHON", help="the Python in which the peers are installed")
    options.add_argument("--peer-items", default="200,2000", help="two sizes for the peers and for bedside beside them")
    options.add_argument("--server", metavar="URL", help="a server that runs")
    options.add_argument("--stub", type=pathlib.Path, default=ROOT / "target/release/examples/stub_server", help="a server to start")
    options.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/bedside")
    options = options.parse_args()
    stub, server = (None, options.server) if options.server else start_stub(options.stub)
    try:
        figures(options, options.binary.resolve(), server)
    finally:
        if stub:
            stub.kill()


def figures(options, binary, server):
    ways = {"in process": None, "loopback HTTP": server}

    def run(what, system, folder, *more):
        return measured([binary, "run", what, "--model", system, "--no-floor", "--items", "0", *more], folder,
                        OPENAI_BASE_URL=server, OPENAI_API_KEY="none")

    def bedside(n, way, folder):
        system = "openai/mock?temperature=0" if ways[way] else f"recorded:outputs-{n}.jsonl"
        return run(folder / f"bench-{n}", system, folder, *(["--max-connections", "64"] if ways[way] else []))

    def report(folder):
        return measured([binary, "report", "latest", "--items", "0"], folder)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        print("| bedside, whole command | cells | wall s | CPU s | cells/s | cells per CPU s | reading: wall s | CPU s | without reading: cells/s "
              "| cells per CPU s | peak MB running | reading |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")

        def row(what, cells, ran, read):
            (wall, cpu, rss), (read_wall, read_cpu, read_rss) = ran, read
            print(f"| {what} | {cells:,} | {wall:.2f} | {cpu:.2f} | {cells / wall:,.0f} | {cells / cpu:,.0f} | {read_wall:.2f} | {read_cpu:.2f} "
                  f"| {cells / max(wall - read_wall, 1e-3):,.0f} | {cells / max(cpu - read_cpu, 1e-3):,.0f} | {rss:.0f} | {read_rss:.0f} |", flush=True)

        for n in (int(n) for n in options.items.split(",")):
            package(folder, n)
            for way in ways:
                if ways[way] and n > options.loopback_items:
                    continue
                ran = bedside(n, way, folder)
                row(way, n, ran, report(folder))
        if options.million:
            path = folder / "bench-20000"
            ran = run(path if path.exists() else package(folder, 20000), "null/random", folder, "--epochs", "50")
            row("20,000 items x 50 epochs, `null/random`", 1_000_000, ran, report(folder))
        starts = sorted(measured([binary, "--help"], folder)[0] for _ in range(31))
        print(f"\ncold start `bedside --help`: median {1000 * starts[15]:.1f} ms; binary {binary.stat().st_size / 1e6:.1f} MB\n")
        if options.peers:
            beside(options, folder, ways, bedside, 1000 * starts[15])


def beside(options, folder, ways, bedside, start):
    # The path is not resolved: a venv's python is a link, and what it is found under decides what it sees.
    python = os.path.abspath(options.peers)
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "OPENAI_API_KEY": "none", "INSPECT_LOG_LEVEL": "warning",
               "OPENAI_BASE_URL": ways["loopback HTTP"], "XDG_DATA_HOME": str(folder / "data")}
    small, large = (int(n) for n in options.peer_items.split(","))
    for n in (small, large):
        if not (folder / f"bench-{n}").exists():
            package(folder, n)
    print("| beside the peers | items | wall s | CPU s | cells/s | cells per CPU s | bedside's : this | marginal cells per CPU s | bedside's : this | peak MB |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    names = installed(python)
    for way, server in ways.items():
        ours = None
        for name in ["bedside", *names]:
            try:
                ran = []
                for n in (small, large):
                    # Ours ends in a moment, so the middle of five stands for it.
                    ran.append(sorted((bedside(n, way, folder) for _ in range(5)), key=lambda figure: figure[1])[2] if name == "bedside"
                               else measured(peer(name, python, n, server, folder), folder, **offline))
            except Failed as failed:
                print(f"{name}, {way}: {failed}", file=sys.stderr, flush=True)
                print(f"| {way}: {name} | {large:,} | did not end well | | | | | | | |", flush=True)
                continue
            (_, cpu_small, _), (wall, cpu, rss) = ran
            rates = large / cpu, (large - small) / max(cpu - cpu_small, 1e-3)
            ours = ours or rates
            print(f"| {way}: {name} | {large:,} | {wall:.2f} | {cpu:.2f} | {large / wall:,.0f} | {rates[0]:,.0f} | {ours[0] / rates[0]:.1f} "
                  f"| {rates[1]:,.0f} | {ours[1] / rates[1]:.1f} | {rss:.0f} |", flush=True)
    helps = {"Inspect": ["-m", "inspect_ai", "--help"], "lm-eval": ["-m", "lm_eval", "--help"], "MedHELM": ["-m", "helm.benchmark.run", "--help"]}
    print("\n| cold start of `--help` | ms (median of 3) | bedside's : this |\n|---|---:|---:|")
    print(f"| bedside | {start:.1f} | 1 |")
    for name in names:
        try:
            wall = 1000 * sorted(measured([python, *helps[name]], folder, **offline)[0] for _ in range(3))[1]
            print(f"| {name} | {wall:.0f} | 1 : {wall / start:.0f} |", flush=True)
        except Failed as failed:
            print(f"{name}, cold start: {failed}", file=sys.stderr, flush=True)
    missing = [name for name in helps if name not in names]
    print(f"\nnot installed: {', '.join(missing) or 'none'}")


if __name__ == "__main__":
    main()
