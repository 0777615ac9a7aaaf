# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a bake, each declared once: name, default, limits, unit, meaning and choices.

Requests, recipes, Blender's properties, the JSON schema and the page of options come from these
declarations. Nothing here imports numpy, Blender or the motion core.
"""
