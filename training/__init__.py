# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the shipped models in torch; the add-on never imports it."""
