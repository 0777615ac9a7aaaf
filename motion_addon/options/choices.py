# SPDX-License-Identifier: GPL-3.0-or-later
"""Choices of options: the words of each with their labels and tooltips."""

from .kinds import ANIMAL, PERSON

KINDS = (
    (PERSON, "Person", "Walks on two legs"),
    (ANIMAL, "Animal", "Walks on four legs"),
)
GAITS = (
    ("auto", "By Speed", "Walk, jog or run by the speed"),
    ("walk", "Walk", "Walk at any speed"),
    ("jog", "Jog", "Jog at any speed"),
    ("run", "Run", "Run at any speed"),
    ("crouch", "Crouch", "Sneak with bent knees"),
)
STYLES = (
    ("old", "Old", "Bent back, stiff, small swings of the arms"),
    ("tired", "Tired", "Hanging head and shoulders, heavy steps"),
    ("sad", "Sad", "Bowed head, still arms, little bounce"),
    ("happy", "Happy", "Upright and springy, arms swing wide"),
    ("proud", "Proud", "Chest out, head up, elbows away from the body"),
    ("sneaky", "Sneaky", "Crouched, hands before the chest, feet lifted high"),
    ("drunk", "Drunk", "Sways about, feet apart"),
    ("robot", "Robot", "Straight and jerky, forearms level"),
    ("heavy", "Heavy", "Leaned back, broad, from one leg onto the other"),
    ("limp", "Limp", "Drops onto the left leg and spares it"),
    ("angry", "Angry", "Head forward, shoulders up, hard swings"),
    ("scared", "Scared", "Drawn in, hands up, trembling"),
    ("swagger", "Swagger", "Rolling shoulders and hips"),
    ("catwalk", "Catwalk", "One foot before the other, hips swing"),
    ("zombie", "Zombie", "Arms ahead, head aside, dragging"),
    ("cold", "Cold", "Arms held to the chest, shoulders up, shivering"),
    ("march", "March", "Stiff back, straight arms, knees high"),
    ("child", "Child", "Bouncy, arms out, knees high"),
    ("undead", "Undead", "A shuffling performer, as captured"),
    ("marine", "Marine", "An upright soldier, as captured"),
    ("neutral", "Neutral", "The actor of the training data"),
    ("action", "From an Action", "The style of a motion of this character"),
)
ANIMAL_STYLES = (
    ("heavy", "Heavy", "Low and broad, rolls from side to side, head nods"),
    ("light", "Light", "Springy, head and tail up"),
    ("tired", "Tired", "Hanging head and tail, paws hardly lifted"),
    ("sad", "Sad", "Nose to the ground, tail down, little bounce"),
    ("old", "Old", "Arched back, stiff, short swings"),
    ("proud", "Proud", "Neck and tail up, chin in"),
    ("playful", "Playful", "Bouncing, tail up and wagging"),
    ("alert", "Alert", "Head up and still, tail up"),
    ("angry", "Angry", "Head forward and still, shoulders work, broad"),
    ("prowl", "Prowl", "Belly low, head level and still, shoulder blades glide"),
    ("sneaky", "Sneaky", "Half crouched, paws lifted high and put down one before the other"),
    ("scared", "Scared", "Crouched, back arched, tail between the legs, trembling"),
    ("high-step", "High Step", "Neck up, paws lifted high"),
    ("limp", "Limp", "Spares the left foreleg: the head goes up over it"),
    ("lame", "Lame", "Spares the left hind leg: the hips go up over it"),
    ("neutral", "Neutral", "The dog of the training data"),
    ("action", "From an Action", "The style of a motion of this character"),
)
ANIMAL_GAITS = (
    ("auto", "By Speed", "The gait that animals of this size choose at the speed"),
    ("walk", "Walk", "Four beats, left hind, left fore, right hind, right fore"),
    ("pace", "Pace", "Two beats, both legs of a side together"),
    ("trot", "Trot", "Two beats, diagonal legs together"),
    ("canter", "Canter", "Three beats and a leap"),
    ("gallop", "Gallop", "Four beats and a leap, as fast as it can"),
)
ALL_GAITS = (
    *GAITS,
    *(gait for gait in ANIMAL_GAITS if gait[0] not in {word for word, *_ in GAITS}),
)
"""Gaits of all kinds of body; a word that two kinds share stands once."""
LEADS = (
    ("auto", "By Turn", "The foreleg on the inner side of the turn leads"),
    ("left", "Left", "The left foreleg touches down last"),
    ("right", "Right", "The right foreleg touches down last"),
)
FACINGS = (
    ("path", "Along Path", "Face along the path"),
    ("turned", "Backward", "Face against the direction of the path"),
    ("yaw", "Fixed", "Face one direction on the whole path"),
    ("look_at", "Look At", "Face an object on the whole path"),
)
WAYS = (
    ("path", "Along a Path", "Move along a curve"),
    ("spot", "Turn on the Spot", "Turn where the character stands on the current frame"),
)
ROOT_MOTIONS = (
    ("hips", "Hips", "The hips carry the travel; object and root bone stay where they are"),
    ("root", "Root Bone", "The rig's root bone carries the travel"),
    ("object", "Object", "The armature object carries the travel"),
    ("in_place", "In Place", "The character stays where it is"),
)
KEYS = (
    ("dense", "Every Frame", "One key on each frame"),
    ("sparse", "Fewest", "The fewest keys that stay within the tolerance"),
)
CONTROLS = (
    ("auto", "Rig Controls", "Key the rig's own controls where it has them, else its bones"),
    ("deform", "Mapped Bones", "Key the bones of the bone map directly"),
)
