# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the biped's controller: preparation, network, training, export, mocap reference."""
