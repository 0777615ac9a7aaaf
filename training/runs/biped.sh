#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From motion capture to models/biped: about 100 minutes on two CPU cores.
#   training/runs/biped.sh [FOLDER WITH biped.tar.xz]      (default ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/biped
mkdir -p "$build"
[ -d "$build/data/biped" ] || { mkdir -p "$build/data" && tar xf "$data/biped.tar.xz" -C "$build/data"; }
python -m training.prepare --data "$build/data/biped" --out "$build/dataset.npz"
# First: one step, then short roll-outs.
python -m training.train --dataset "$build/dataset.npz" --out "$build/first" \
    --minutes 28 --lengths 1 4 8 16 24 --shares 0.1 0.12 0.2 0.28 0.3
# Second: longer roll-outs, gentler steps.
python -m training.train --dataset "$build/dataset.npz" --out "$build/second" \
    --start "$build/first/checkpoint.pt" \
    --minutes 60 --lengths 16 32 48 --shares 0.3 0.35 0.35 --rate 7e-4
python -m training.export --checkpoint "$build/second/checkpoint.pt" \
    --dataset "$build/dataset.npz" --out models/biped
