# SPDX-License-Identifier: GPL-3.0-or-later
"""Code shared by all models: training loop, roll-outs, datasets, model folders, drawing."""
