# SPDX-License-Identifier: GPL-3.0-or-later
"""Every figure that is reported or trained against."""
