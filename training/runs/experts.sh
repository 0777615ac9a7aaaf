#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Train and compare the twelve mixtures of docs/experts.md, on the same data for as many steps.
# About an hour on one core. Needs build/quadruped/dataset.npz (training/runs/quadruped.sh).
#   training/runs/experts.sh [SEED]      (default 1)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
cd "$(dirname "$0")/../.."
seed=${1:-1}
build=build/experts/$seed
train() {  # NAME HIDDEN MIXING GATING [EXPERTS]
    [ -f "$build/$1/done" ] && return
    python -m training.quadruped.train --dataset build/quadruped/dataset.npz --out "$build/$1" \
        --hidden "$2" --mixing "$3" --gating "$4" --experts "${5:-8}" --steps 3500 \
        --batch-frames 1024 --lengths 1 4 8 16 --shares 0.12 0.28 0.35 0.25 \
        --rate 1.5e-3 --average 0.995 --seed "$seed"
    touch "$build/$1/done"
}
for gating in phase velocity; do
    train "blend_$gating" 96 blend "$gating"
    train "output_$gating" 96 output "$gating"
    train "top2_output_$gating" 96 top2_output "$gating"
    train "top2_blend_$gating" 96 top2_blend "$gating"
    train "single_$gating" 460 single "$gating"
done
train blend4_phase 164 blend phase 4
train pfnn 164 pfnn phase
python -m training.quadruped.compare_mixtures --dataset build/quadruped/dataset.npz \
    --runs "$build"/*/ --json "$build/study.json"
python -m training.quadruped.compare_mixtures --table build/experts/*/study.json
