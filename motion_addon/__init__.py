# SPDX-License-Identifier: GPL-3.0-or-later
"""Footfall: walk cycles along a drawn path; `motion` is numpy, `blender` is the add-on."""
