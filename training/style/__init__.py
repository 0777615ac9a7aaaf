# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles: synthetic training data, the network and its training, and evaluation."""
