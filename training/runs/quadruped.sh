#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From motion capture to models/quadruped: about an hour on one core of a 2026 server CPU.
#   training/runs/quadruped.sh [FOLDER WITH quadruped.tar.xz]      (default ../shared/data)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # small operations: more threads do not help
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/quadruped
mkdir -p "$build"
[ -d "$build/data/quadruped" ] || { mkdir -p "$build/data" && tar xf "$data/quadruped.tar.xz" -C "$build/data"; }
python -m training.quadruped.prepare --data "$build/data/quadruped" --out "$build/dataset.npz"
# First: from one step to roll-outs of 32 frames. About 30 minutes.
python -m training.quadruped.train --dataset "$build/dataset.npz" --out "$build/first" \
    --mixing blend --gating phase --experts 8 --hidden 128 --steps 8000 \
    --lengths 1 4 8 16 24 32 --shares 0.06 0.12 0.26 0.26 0.18 0.12 --rate 1.5e-3
# Second: longer roll-outs, rare gaits and speeds more often. About 20 minutes.
python -m training.quadruped.train --dataset "$build/dataset.npz" --out "$build/run" \
    --start "$build/first/checkpoint.pt" --mixing blend --gating phase --experts 8 \
    --hidden 128 --steps 5000 --rare 0.6 --lengths 8 16 24 32 --shares 0.25 0.35 0.25 0.15 \
    --rate 1.2e-3
python -m training.quadruped.export --checkpoint "$build/run/checkpoint.pt" \
    --dataset "$build/dataset.npz" --out models/quadruped
