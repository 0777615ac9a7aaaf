# SPDX-License-Identifier: GPL-3.0-or-later
"""What every training shares: loops, frames, model folders, drawing."""
