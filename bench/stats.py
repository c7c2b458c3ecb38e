#!/usr/bin/env python3
"""Statistics against the Python packages of the same purpose: time on the same data in the same run, and how far the answers agree.

  cargo build --release -p bedside-stats --example irt_speed
  python3 -m venv /tmp/venv-stats && /tmp/venv-stats/bin/pip install numpy girth==0.8.0
  /tmp/venv-stats/bin/python bench/stats.py [--takers 200] [--items 2000] [--limit 1800] [--only NAME]

Each figure is a function that prints rows of one table; add one to FIGURES. A peer that takes longer than --limit seconds is stopped, and
its time printed as a lower bound. Wall-clock seconds on whatever else the machine is doing: run on an idle one. Nothing is timed in tests.
"""
import argparse, multiprocessing, os, pathlib, re, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/examples"


def timed(work, *given):
    start = time.perf_counter()
    return work(*given), time.perf_counter() - start


def within(limit, work, *given):
    """The answer and the seconds of `work` in a process of its own; no answer and the limit if it takes longer."""
    queue = multiprocessing.Queue()
    child = multiprocessing.Process(target=lambda: queue.put(timed(work, *given)))
    child.start()
    try:
        answer = queue.get(timeout=limit)
        child.join()
        return answer
    except Exception:
        child.terminate()
        child.join()
        return None, limit


def row(what, size, ours, peer, theirs, finished, agreement):
    bound = "" if finished else "> "
    print(f"| {what} | {size} | {ours:.2f} | {peer} | {bound}{theirs:.2f} | {bound}{theirs / ours:.0f} | {agreement} |", flush=True)


def girth_2pl(answers):
    import girth
    return girth.twopl_mml(answers)


def two_parameter_curves(options):
    """2PL by marginal maximum likelihood: irt_speed against girth.twopl_mml, whose grid is fixed at 41 points and whose a ends at 4."""
    import numpy as np
    for items in sorted({min(100, options.items), options.items}):
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder) / "answers"
            printed = subprocess.run([EXAMPLES / "irt_speed", str(options.takers), str(items), data], check=True, capture_output=True, text=True).stdout
            print(printed, file=sys.stderr)
            ours = float(re.search(r": ([\d.]+) s", printed)[1])
            answers = np.array([[int(cell) for cell in line] for line in data.read_text().split()])
            fit = np.loadtxt(f"{data}.fit")
        found, theirs = within(options.limit, girth_2pl, answers)
        agreement = "not finished"
        if found:
            known = np.isfinite(fit[:, 0]) & (fit[:, 2] == 0)
            agreement = f"correlation of a {np.corrcoef(found['Discrimination'][known], fit[known, 0])[0, 1]:.4f}"
        row("2PL curves", f"{options.takers} x {items}", ours, "girth 0.8.0", theirs, bool(found), agreement)


FIGURES = {"2pl": two_parameter_curves}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--takers", type=int, default=200)
    options.add_argument("--items", type=int, default=2000)
    options.add_argument("--limit", type=float, default=1800)
    options.add_argument("--only", choices=FIGURES)
    options = options.parse_args()
    multiprocessing.set_start_method("fork")
    print("| what | size | ours s | peer | peer s | ratio | agreement |\n|---|---|---:|---|---:|---:|---|", flush=True)
    for name, figure in FIGURES.items():
        if options.only in (None, name):
            figure(options)


if __name__ == "__main__":
    main()
