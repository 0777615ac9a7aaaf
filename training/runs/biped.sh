#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From motion capture to models/biped: 38 minutes on one core of a 2026 server CPU.
#   training/runs/biped.sh [FOLDER WITH biped.tar.xz]      (default ../shared/data)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # small operations: more threads do not help
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/biped
mkdir -p "$build"
[ -d "$build/data/biped" ] || { mkdir -p "$build/data" && tar xf "$data/biped.tar.xz" -C "$build/data"; }
python -m training.biped.prepare --data "$build/data/biped" --out "$build/dataset.npz"
# First: single steps, then short roll-outs. 23 minutes.
python -m training.biped.train --dataset "$build/dataset.npz" --out "$build/first" \
    --hidden 256 --steps 7000 --lengths 1 4 8 16 --shares 0.2 0.25 0.3 0.25 --rate 1.5e-3
# Second: longer roll-outs on top, stopped early (LOG.md, 8 and 9). 13 minutes.
python -m training.biped.train --dataset "$build/dataset.npz" --out "$build/second" \
    --start "$build/first/checkpoint.pt" --hidden 256 --steps 6300 --stop 3100 \
    --lengths 8 16 24 32 48 --shares 0.12 0.26 0.26 0.2 0.16 --rate 1.2e-3
python -m training.biped.export --checkpoint "$build/second/checkpoint.pt" \
    --dataset "$build/dataset.npz" --out models/biped
python -m training.evaluate reference --data "$build/data/biped"
