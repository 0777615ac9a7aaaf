#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From motion capture and synthetic animals to models/style_quadruped: about 15 minutes of one core
# of a 2026 server CPU with AMX.
#   training/runs/style_quadruped.sh [FOLDER WITH quadruped.tar.xz]      (default ../shared/data)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # small operations: more threads do not help
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/style_quadruped
mkdir -p "$build"
[ -d "$build/data/quadruped" ] || { mkdir -p "$build/data" && tar xf "$data/quadruped.tar.xz" -C "$build/data"; }
python -m training.style.prepare --body quadruped --data "$build/data/quadruped" \
    --out "$build/dataset.npz"
python -m training.style.train --dataset "$build/dataset.npz" --out "$build/run" --meters 8
python -m training.style.export --checkpoint "$build/run/checkpoint.pt" \
    --dataset "$build/dataset.npz" --out models/style_quadruped
python -m training.evaluate style --model quadruped --data "$build/data/quadruped" \
    --json "$build/style.json"
