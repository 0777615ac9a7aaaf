#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From motion capture to models/style: about 5 minutes of one core of a 2026 server CPU with AMX.
#   training/runs/style.sh [FOLDER WITH biped.tar.xz]      (default ../shared/data)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # small operations: more threads do not help
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/style
mkdir -p "$build"
[ -d "$build/data/biped" ] || { mkdir -p "$build/data" && tar xf "$data/biped.tar.xz" -C "$build/data"; }
python -m training.style.prepare --data "$build/data/biped" --out "$build/dataset.npz"
python -m training.style.train --dataset "$build/dataset.npz" --out "$build/run"
python -m training.style.export --checkpoint "$build/run/checkpoint.pt" \
    --dataset "$build/dataset.npz" --out models/style
python -m training.evaluate style --data "$build/data/biped" --json "$build/style.json"
