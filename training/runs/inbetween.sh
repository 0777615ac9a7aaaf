#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From motion to models/inbetween and models/inbetween_quadruped: under an hour each on one core of
# a 2026 server CPU with AMX.
#   training/runs/inbetween.sh [FOLDER WITH *.tar.xz [BODIES]]    (default ../shared/data, both)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}   # small operations: more threads do not help
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
build=build/inbetween
mkdir -p "$build/data"
for body in ${2:-biped quadruped}; do
    own=()
    if [ "$body" = quadruped ]; then   # continues from the weights after its first 2,499 steps
        git show 0dec30e:models/inbetween_quadruped/weights.safetensors > "$build/first.safetensors"
        own=(--start "$build/first.safetensors" --steps 1900 --rate 7e-4 --dropout 0.05
            --wide 576 --weighed window --height 4 --sideways 1)
    fi
    [ -d "$build/data/$body" ] || tar xf "$data/$body.tar.xz" -C "$build/data"
    python -m training.inbetween.prepare --model "$body" --data "$build/data/$body" \
        --out "$build/$body.npz"
    python -m training.inbetween.train --dataset "$build/$body.npz" --out "$build/$body" "${own[@]}"
    python -m training.inbetween.export --model "$body" --checkpoint "$build/$body/checkpoint.pt" \
        --dataset "$build/$body.npz"
    python -m training.evaluate inbetween --model "$body" --data "$build/data/$body" \
        --json "$build/$body.json"
done
