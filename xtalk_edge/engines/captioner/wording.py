"""From the names of sounds, as AudioSet has them, to a sentence (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

UNSAID = frozenset({
    "Silence", "Inside, small room", "Inside, large room or hall", "Inside, public space",
    "Outside, urban or manmade", "Outside, rural or natural", "Reverberation", "Echo", "Sidetone",
    "Sound effect", "Field recording", "Pulse", "Harmonic",
})  # fmt: skip
"""Where and how a sound was recorded is nothing that happens."""

VAGUE = frozenset({
    "Animal", "Domestic animals, pets", "Livestock, farm animals, working animals", "Wild animals",
    "Vehicle", "Motor vehicle (road)", "Musical instrument", "Mechanisms", "Tools", "Liquid",
    "Hands", "Noise", "Environmental noise",
})  # fmt: skip
"""Kinds of sounds: named where nothing is known more exactly."""

PHRASES = {
    "Speech": "somebody speaking",
    "Male speech, man speaking": "a man speaking",
    "Female speech, woman speaking": "a woman speaking",
    "Child speech, kid speaking": "a child speaking",
    "Narration, monologue": "somebody speaking",
    "Conversation": "people talking",
    "Chatter": "people talking",
    "Hubbub, speech noise, speech babble": "people talking",
    "Crowd": "people talking",
    "Shout": "somebody shouting",
    "Yell": "somebody shouting",
    "Bellow": "somebody shouting",
    "Screaming": "somebody screaming",
    "Whispering": "somebody whispering",
    "Children shouting": "children shouting",
    "Laughter": "somebody laughing",
    "Baby laughter": "a baby laughing",
    "Giggle": "somebody laughing",
    "Snicker": "somebody laughing",
    "Belly laugh": "somebody laughing",
    "Chuckle, chortle": "somebody laughing",
    "Crying, sobbing": "somebody crying",
    "Baby cry, infant cry": "a baby crying",
    "Whimper": "somebody crying",
    "Singing": "somebody singing",
    "Male singing": "a man singing",
    "Female singing": "a woman singing",
    "Child singing": "a child singing",
    "A capella": "somebody singing",
    "Vocal music": "somebody singing",
    "Breathing": "somebody breathing",
    "Snoring": "somebody snoring",
    "Cough": "somebody coughing",
    "Sneeze": "somebody sneezing",
    "Walk, footsteps": "footsteps",
    "Dog": "a dog",
    "Bark": "a dog barking",
    "Bow-wow": "a dog barking",
    "Yip": "a dog barking",
    "Howl": "a dog howling",
    "Growling": "a dog growling",
    "Whimper (dog)": "a dog whimpering",
    "Cat": "a cat",
    "Purr": "a cat purring",
    "Meow": "a cat meowing",
    "Caterwaul": "a cat meowing",
    "Bird": "a bird",
    "Bird vocalization, bird call, bird song": "a bird singing",
    "Chirp, tweet": "a bird singing",
    "Rustling leaves": "leaves rustling",
    "Wind noise (microphone)": "wind",
    "Car passing by": "a car passing by",
    "Police car (siren)": "a police siren",
    "Ambulance (siren)": "an ambulance siren",
    "Fire engine, fire truck (siren)": "a fire engine siren",
    "Slam": "a door slamming",
    "Knock": "knocking",
    "Ding-dong": "a doorbell",
    "Dishes, pots, and pans": "dishes",
    "Water tap, faucet": "water running",
    "Sink (filling or washing)": "water running",
    "Bathtub (filling or washing)": "water running",
    "Toilet flush": "a toilet flushing",
    "Computer keyboard": "typing",
    "Telephone bell ringing": "a telephone ringing",
    "Ringtone": "a telephone ringing",
    "Smoke detector, smoke alarm": "a smoke alarm",
    "Beep, bleep": "beeping",
    "Tick": "a clock ticking",
    "Tick-tock": "a clock ticking",
    "Shatter": "glass breaking",
    "Television": "a television",
    "Radio": "a radio",
}
"""What the names of sounds in a home mean, where a listener would say it otherwise."""

_NOBODY = frozenset({"a", "an", "somebody", "people"})
"""Words in which phrases may differ that mean the same."""

_UNCOUNTED = frozenset({
    "afrobeat", "applause", "bluegrass", "cattle", "country", "disco", "dubstep", "electronica",
    "fire", "flamenco", "funk", "glass", "grunge", "gunfire", "hum", "jazz", "laughter", "metal",
    "music", "noise", "opera", "percussion", "rain", "reggae", "rock", "roll", "ska", "speech",
    "static", "steam", "surface", "techno", "thunder", "traffic", "transport", "vocalization",
    "water", "wind", "wood",
})  # fmt: skip
"""Last words that stand without an article; those that end in -s and -ing do, too."""


def sentence(labels: Sequence[str], most: int) -> str:
    """Return what is heard in a sentence; "" where there is nothing to say.

    Args:
        labels: names of sounds, the surest first.
        most: how many are said at most.
    """
    said = [label for label in labels if label not in UNSAID]
    exact = [label for label in said if label not in VAGUE]
    phrases = list(dict.fromkeys(map(phrase, exact or said)))
    told = [one for one in phrases if not any(_includes(other, one) for other in phrases)]
    if not told:
        return ""
    # By the alphabet: two sounds that are about as sure would else change places all the time.
    told = sorted(told[:most])
    listed = " and ".join([", ".join(told[:-1]), told[-1]] if told[1:] else told)
    return f"{listed[0].upper()}{listed[1:]} can be heard."


def phrase(label: str) -> str:
    """Return what one name means: "Cattle, bovinae" is "cattle", "Siren" is "a siren"."""
    if label in PHRASES:
        return PHRASES[label]
    name = re.sub(r"\s*\(.*?\)", "", label.partition(",")[0]).strip() or label
    name = name[:1].lower() + name[1:]
    last = name.rpartition(" ")[2]
    if last in _UNCOUNTED or last.endswith(("s", "ing")):
        return name
    return f"{'an' if name.startswith(tuple('aeiou')) else 'a'} {name}"


def _includes(one: str, other: str) -> bool:
    """Tell whether one phrase says all that another does, and more."""
    return set(other.split()) - _NOBODY < set(one.split()) - _NOBODY
