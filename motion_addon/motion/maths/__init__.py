# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers: quaternions, splines, smoothing, inverse kinematics of two bones."""
