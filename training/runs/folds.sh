#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Cross-validation: learners trained without the real animals of each fold.
# Needs the results of oneshot.sh; about 80 minutes on one core.
set -euo pipefail
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
cd "$(dirname "$0")/../.."
build=build/oneshot
for fold in 1 2 3; do
    python -m training.creature.train --prepared "$build/data" --out "$build/folds/run$fold" \
        --start "$build/first/checkpoint.pt" --steps 6000 --lengths 8 16 24 --shares 0.3 0.4 0.3 \
        --rate 7e-4 --real 0.4 --fold "$fold"
    python -m training.creature.export --checkpoint "$build/folds/run$fold/checkpoint.pt" \
        --out "$build/folds/$fold/creature"
done
