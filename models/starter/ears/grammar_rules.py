"""The grammar's rules for values: numbers, times, days and names, the everyday ones likelier.

A weight (`/8/ ten`) is how much likelier a wording is than its neighbours. Weights cost no time,
and without them a rare number wins as often as a common one where the sound is in doubt.
"""

from __future__ import annotations

from models.starter.language.dates import FIRST
from models.starter.language.figures import ONES, TENS


def weighted(*groups: tuple[float, str]) -> str:
    """Return alternatives, each word of a group with the group's weight."""
    return " | ".join(f"/{weight:g}/ {word}" for weight, words in groups for word in words.split())


_DIGITS = " | ".join(ONES[1:10])
_TENS = " | ".join(TENS[2:])

COUNT = (
    weighted(
        (8, "five ten fifteen twenty thirty"),
        (4, "two three four forty"),
        (3, "six seven eight twelve fifty sixty ninety"),
        (2, "nine eleven"),
        (1, "fourteen eighteen"),
        (0.5, "one thirteen sixteen seventeen nineteen"),
        (0.2, "seventy eighty"),
    )
    + " | /5/ ( twenty | /2/ forty | /0.5/ thirty | /0.2/ fifty ) five"
    + f" | /1/ ( twenty | thirty | forty | fifty ) ( {_DIGITS} )"
)
"""How many minutes, seconds or days people ask for."""

NUMBER = (
    weighted(
        (4, "two three four five six seven eight nine ten twelve fifteen twenty"),
        (2, "one eleven thirteen fourteen sixteen seventeen eighteen nineteen"),
        (2, "twenty thirty forty fifty sixty seventy eighty ninety"),
        (0.2, "zero"),
    )
    + f" | /8/ ( {_TENS} ) ( {_DIGITS} )"
    + " | /2/ a hundred | one hundred"
)
"""What people reckon with: the multiplication table above all."""

HOUR = weighted(
    (3, "six seven eight"), (2, "five nine ten"), (1, "one two three four eleven twelve")
)

NUMBER_RULES = {
    "count": COUNT,
    "number": NUMBER,
    "hour": HOUR,
    "duration": "/20/ <count> ( /4/ minutes | seconds ) | /2/ a minute | /2/ one minute | "
    "/3/ ( an | one ) hour | /2/ half an hour | an hour and a half | a minute and a half | "
    "/3/ ( two | three | four | five | six | eight | ten | twelve ) hours | "
    "( one hour | an hour | two hours ) [ and ] ( ten | fifteen | twenty | thirty | "
    "forty five ) minutes",
    "span": "/20/ <count> ( /4/ minute | second ) | "
    "/3/ ( /3/ one | two | three | four | five ) hour | half hour",
    "span_name": "( five | ten | fifteen | twenty | thirty ) minute | one hour | half hour",
    "minutes": "( five | ten | fifteen | twenty | thirty ) minutes | half an hour",
    "more_span": "( ( five | ten | two | fifteen ) more | another ( five | ten ) ) minutes",
    "more": "<more_span>",
    "level": weighted((1, "zero one two three four five six seven eight nine ten"))
    + " | /0.2/ fifteen",
    "amount": "/2/ <level> | ( /0.5/ five | ten | twenty | thirty | forty | fifty | sixty | "
    "seventy | eighty | ninety | a hundred | one hundred | /0.3/ twenty five | "
    "/0.3/ seventy five ) [ percent ]",
    "operator": "plus | minus | times | divided by",
    # One copy of the second number for all of them.
    "sum": "( /8/ <number> ( /4/ <operator> | percent of ) | half of ) <number>",
    "polite": "please | can you | could you",
}
"""Rules for spoken numbers: those of a household, which a small grammar hears reliably."""

CLOCK_RULES = {
    "moment": "<clock_face> [ <half> ] [ /0.3/ <which_day> | /0.3/ <repetition> ] | noon | "
    "/0.3/ midnight",
    "clock_face": "/6/ <hour> | /2/ <hour> o'clock | /4/ <hour> ( /4/ thirty | fifteen | "
    "forty five | /0.3/ ten | /0.3/ twenty | /0.2/ fifty | /0.2/ oh five ) | "
    "/4/ half past <hour> | /2/ quarter ( past | to ) <hour> | "
    "/0.5/ ( five | ten | twenty ) ( past | to ) <hour>",
    # In the middle of a sentence few need more.
    "time": "<hour> [ o'clock | thirty | fifteen ]",
    "half": "a m | p m | in the morning | in the afternoon | in the evening | tonight",
    "weekday": "monday | tuesday | wednesday | thursday | friday | saturday | sunday",
    "which_day": "/3/ tomorrow [ morning ] | today | on <weekday>",
    "repetition": "every day | every morning | on weekdays | on weekends | every <weekday>",
    "stretch": "( two | three | four | five | six | seven | eight | nine | ten | twelve | "
    "fourteen | fifteen | twenty | thirty | sixty | ninety | a hundred ) "
    "( /2/ days | /2/ weeks | months | years ) | a week | a month | a year",
    "date": "/3/ tomorrow | yesterday | /6/ <weekday> | /4/ christmas | /2/ new year | "
    "/2/ easter | /2/ halloween | /2/ thanksgiving | my birthday | the end of the month | "
    "/4/ <month> <day_number>",
    "month": "january | february | march | april | may | june | july | august | september | "
    "october | november | december",
    "day_number": f"{' | '.join((*FIRST, 'thirtieth'))} | twenty ( {' | '.join(FIRST[:9])} ) | "
    "thirty first",
    "city": "new york | london | paris | tokyo | berlin | madrid | rome | moscow | sydney | "
    "beijing | chicago | los angeles | san francisco | toronto | delhi | dubai | singapore | "
    "hong kong | mexico city | india | japan | germany | california | australia",
}
"""Rules for times and days: the everyday ones of the corpus's endless many."""

LISTED = {
    "item": "milk | bread | eggs | butter | cheese | sugar | coffee | apples | bananas | rice | "
    "pasta | tomatoes | potatoes | onions | chicken | fish | water | juice | tea | soap | "
    "batteries | toilet paper | flour | salt | yogurt | carrots | chocolate | beer | wine",
    "items": "<item> [ /0.4/ and <item> ]",
    "appliance": "lamp | light | lights | fan | heating | tv | heater | radio",
    "room": "kitchen | bedroom | bathroom | living room | office | hall | garage | garden",
    "device_name": "<appliance> | <room> ( light | lights | lamp | fan | heater )",
    "many_devices": "lights | lamps | devices",
    "everything": "everything | all | it all",
    "switched": "on | off",
    "undo_switching": "cancel that | undo that | turn it ( on | off ) again",
    "chore": "call mom | buy milk | take out the trash | feed the cat | water the plants",
    "chore_item": "<chore>",
    "possession": "keys | car keys | glasses | wallet | phone | passport | umbrella",
    "name": "pasta | tea | eggs | rice | pizza | bread | cake | oven | laundry | coffee | "
    "chicken | potatoes | soup | cookies | workout | nap",
    "voice": "female | male | british | american",
    "way": "up | down",
    "comparative": "louder | quieter | softer",
    "mute": "mute | mute the sound",
    "pace": "slower | faster",
    "usual_pace": "normal speed",
    "status_asked": "what is your ip address | how hot are you | how much disk space is left | "
    "how much memory is left | how long have you been running | are you online | "
    "what did you send to the cloud",
    "full": "( maximum | full ) volume",
}
"""Few of the corpus's many words: enough to hear what kind of request it is."""
