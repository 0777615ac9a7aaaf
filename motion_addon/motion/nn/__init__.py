# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks in numpy: phase-functioned, mixtures of experts, AdaIN, transformer."""
