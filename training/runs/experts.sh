#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The study of mixtures in docs/experts.md: eleven of them, same data and same number of steps.
# About an hour on one core. Needs build/quadruped/dataset.npz (training/runs/quadruped.sh).
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
cd "$(dirname "$0")/../.."
build=build/experts
train() {  # NAME HIDDEN MIXING GATING [EXPERTS]
    [ -f "$build/$1/done" ] && return
    python -m training.quadruped.train --dataset build/quadruped/dataset.npz --out "$build/$1" \
        --hidden "$2" --mixing "$3" --gating "$4" --experts "${5:-8}" --steps 1200 \
        --lengths 1 4 8 --shares 0.3 0.4 0.3 --rate 1.5e-3 --average 0.99
    touch "$build/$1/done"
}
for gating in phase velocity; do
    train "blend_$gating" 128 blend "$gating"
    train "output_$gating" 128 output "$gating"
    train "top2_output_$gating" 128 top2_output "$gating"
    train "top2_blend_$gating" 128 top2_blend "$gating"
    train "single_$gating" 576 single "$gating"
done
train blend4_phase 192 blend phase 4
train pfnn 220 pfnn phase
python -m training.quadruped.study --dataset build/quadruped/dataset.npz \
    --runs "$build"/*/ --json "$build/study.json"
