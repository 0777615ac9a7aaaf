# SPDX-License-Identifier: GPL-3.0-or-later
"""New motion between an animator's keys."""
