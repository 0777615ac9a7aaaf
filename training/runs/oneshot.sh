#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From clips of animals and synthetic animals to models/creature: about 75 minutes on one core of
# a 2026 server CPU, and 8 minutes on two for the creatures.
#   training/runs/oneshot.sh [FOLDER WITH quadruped.tar.xz]      (default ../shared/data)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # small operations: more threads do not help
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/oneshot
mkdir -p "$build"
[ -d "$build/raw/quadruped" ] || { mkdir -p "$build/raw" && tar xf "$data/quadruped.tar.xz" -C "$build/raw"; }
python -m training.creature.prepare --data "$build/raw/quadruped" --out "$build/data" \
    --count 1000 --seed 1 --jobs 2
# First: hidden frames, then episodes of synthetic animals and the Labrador, from one step to
# roll-outs of eight frames. About 25 minutes.
python -m training.creature.train --prepared "$build/data" --out "$build/first" --pretrain 1000 \
    --steps 17000 --stop 7250 --lengths 1 4 8 16 24 --shares 0.15 0.2 0.25 0.25 0.15 --rate 1e-3 \
    --real 0
# Second: real animals and their variants, too, in longer roll-outs. About 25 minutes.
python -m training.creature.train --prepared "$build/data" --out "$build/run" \
    --start "$build/first/checkpoint.pt" --steps 6000 --lengths 8 16 24 --shares 0.3 0.4 0.3 \
    --rate 7e-4 --real 0.4
python -m training.creature.export --checkpoint "$build/run/checkpoint.pt" --out models/creature
