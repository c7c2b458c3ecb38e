#!/usr/bin/env bash
# Pairs per second of ROUGE-1, -2, -L and -Lsum: Python's rouge-score and bedside-score, one core each, same texts.
# Makes its own environment in a temporary folder; set ROUGE_PYTHON to use one that has rouge-score 0.1.2.
# Fails where the ratio is below 50 or any number differs by more than 1e-9.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python=${ROUGE_PYTHON:-}
if [ -z "$python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check rouge-score==0.1.2
    python=$folder/venv/bin/python
fi

cd "$here/.."
cargo build --quiet --release -p bedside-score --example rouge_speed
target=$(cargo metadata --format-version 1 --no-deps | "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
"$python" "$here/rouge_speed.py" "$target/release/examples/rouge_speed" "$folder"
