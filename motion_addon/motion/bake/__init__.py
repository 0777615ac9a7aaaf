# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to a clip with planted feet and its report card."""
