# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that drive a body along a plan, step by step."""
