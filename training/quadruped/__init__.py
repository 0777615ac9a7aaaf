# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the quadruped's controller: mixtures of experts, training, evaluation."""
