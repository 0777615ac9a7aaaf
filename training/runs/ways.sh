#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Compare the ways of using an exemplar, trained equally and shortly on the data of
# training/runs/oneshot.sh; about half an hour on one core of a 2026 server CPU.
#   training/runs/ways.sh [FOLDER OF THE UNPACKED CLIPS]      (default build/oneshot/raw/quadruped)
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
cd "$(dirname "$0")/../.."
data=${1:-build/oneshot/raw/quadruped}
build=build/oneshot
for way in learnet film concat none; do
    python -m training.creature.train --prepared "$build/data" --out "$build/ways/$way" --way "$way" \
        --pretrain 300 --steps 1800 --lengths 1 4 8 --shares 0.2 0.3 0.5 --rate 1e-3
done
python -m training.creature.judging.compare_methods --data "$data" --ways "$build/ways" --json "$build/ways.json"
