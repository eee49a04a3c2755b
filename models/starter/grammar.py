"""Writes the recogniser's grammar and word list from the `say` phrases of the description.

python -m models.starter.grammar   rewrites commands.jsgf, vocabulary.txt and help.json.

Everything that can be refused or chatted about is in the grammar too: a recogniser hears only
what its grammar holds, and would bend "turn on the lamp" into the nearest command.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from models.starter.dates import FIRST
from models.starter.description import HERE, Description, load
from models.starter.figures import ONES, TENS
from models.starter.phrases import Phrase, to_jsgf

GRAMMAR = HERE / "commands.jsgf"
VOCABULARY = HERE / "vocabulary.txt"
HELP = HERE / "help.json"

DIGITS = ONES[1:10]
NUMBER_RULES = {
    "below_hundred": f"{' | '.join(ONES[1:])} | {' | '.join(TENS[2:])} | "
    f"( {' | '.join(TENS[2:])} ) ( {' | '.join(DIGITS)} )",
    "number": "zero | <below_hundred> | [ one | a ] hundred",
    "hour": " | ".join(ONES[1:13]),
    "duration": "<below_hundred> ( minutes | seconds | hours ) | one ( minute | hour | second ) | "
    "a minute | an hour | half an hour | an hour and a half | a minute and a half | "
    "( one hour | an hour | two hours | three hours ) [ and ] <below_hundred> minutes",
    "span": "<below_hundred> ( minute | second | hour ) | half hour",
    "minutes": "<below_hundred> minutes | a minute | half an hour",
    "more_span": "( <below_hundred> more | another <below_hundred> ) minutes",
    "more": "<more_span>",
    "span_name": "<span>",
    "amount": "<level> [ percent ]",
    "operator": "plus | minus | times | divided by",
    "sum": "<number> <operator> <number> [ <operator> <number> ] | <number> percent of <number> | "
    "half of <number>",
    "polite": "please | can you | could you",
}
"""Rules for spoken numbers: 0 to 100, which is as far as a small grammar hears reliably."""

CLOCK_RULES = {
    "time": "<clock_face> [ <half> ] | noon | midnight",
    "clock_face": "<hour> [ o'clock | fifteen | thirty | forty five | ten | twenty | oh five | "
    "fifty ] | half past <hour> | quarter ( past | to ) <hour> | "
    "( five | ten | twenty ) ( past | to ) <hour>",
    "half": "a m | p m | in the morning | in the afternoon | in the evening | tonight",
    "weekday": "monday | tuesday | wednesday | thursday | friday | saturday | sunday",
    "which_day": "tomorrow | today | [ on | next ] <weekday>",
    "moment": "[ ( tomorrow [ morning | evening ] | <weekday> ) at ] <time> [ <which_day> ]",
    "repetition": "every day | every morning | on weekdays | on weekends | every <weekday>",
    "routine": "<time> <repetition>",
    "stretch": "<below_hundred> ( days | weeks | months | years ) | a week | a month | a year",
    "date": "tomorrow | yesterday | [ next ] <weekday> | christmas | new year | easter | "
    "halloween | thanksgiving | my birthday | the end of the month | <month> <day_number>",
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
    "items": "<item> [ and <item> ]",
    "appliance": "lamp | light | lights | fan | heating | tv | heater | radio",
    "room": "kitchen | bedroom | bathroom | living room | office | hall | garage | garden",
    "device_name": "<appliance> | <room> ( light | lights | lamp | fan | heater )",
    "same_thing_elsewhere": "<room>",
    "many_devices": "lights | lamps | devices",
    "everything": "everything | all | it all",
    "switched": "on | off",
    "undo_switching": "cancel that | undo that | turn it ( on | off ) again",
    "chore": "call mom | buy milk | take out the trash | feed the cat | water the plants",
    "chore_item": "<chore>",
    "possession": "keys | car keys | glasses | wallet | phone | passport | umbrella",
    "list_name": "packing | christmas | wish",
    "voice": "female | male | british | american",
    "level": "<number>",
    "percent": "<number> percent",
}
"""Few of the corpus's many words: enough to hear what kind of request it is."""


def slot_rule(slot: str) -> str:
    """Return how a phrase names the rule of one of its slots."""
    return f"<{slot}>"


def _alternatives(phrases: tuple[Phrase, ...]) -> str:
    lines = (("[ <polite> ] " if p.order else "") + to_jsgf(p.body, slot_rule) for p in phrases)
    return "\n    | ".join(lines)


def spoken_values(description: Description) -> dict[str, str]:
    """Return a rule for each slot whose words are its value."""
    everyday = {
        "way": "up | down",
        "comparative": "louder | quieter | softer",
        "mute": "mute | mute the sound",
        "pace": "slower | faster",
        "usual_pace": "normal speed",
        "switched": "on | off",
        "status_asked": "what is your ip address | how hot are you | how much disk space is left | "
        "how much memory is left | how long have you been running | are you online | "
        "what did you send to the cloud",
        "full": "( maximum | full ) volume",
    }
    return everyday | {slot: " | ".join(n.spoken) for slot, n in description.names.items()}


def build(description: Description) -> str:
    """Return the grammar; its only public rule is <command>."""
    groups: dict[str, str] = {}
    for tool in description.tools:
        if tool.say:
            alternatives = _alternatives(tool.say)
            same = groups.get(tool.name)
            groups[tool.name] = f"{same}\n    | {alternatives}" if same else alternatives
    for number, reply in enumerate(description.replies):
        if reply.say:
            groups[f"{reply.kind}_{number}"] = _alternatives(reply.say)
    for number, follow in enumerate(description.follow_ups):
        if follow.say:
            groups[f"after_{number}"] = _alternatives(follow.say)
    rules = NUMBER_RULES | CLOCK_RULES | LISTED | spoken_values(description) | groups
    public = " | ".join(f"<{name}>" for name in groups)
    wanted = _reachable(rules, public)
    body = "\n".join(f"<{name}> = {text} ;" for name, text in rules.items() if name in wanted)
    return f"#JSGF V1.0;\ngrammar commands;\n\npublic <command> = {public} ;\n\n{body}\n"


def _reachable(rules: dict[str, str], start: str) -> set[str]:
    """Return the rules that start needs, directly or not."""
    found: set[str] = set()
    waiting = re.findall(r"<(\w+)>", start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"<(\w+)>", rules[name])
    return found


def vocabulary(grammar: str) -> list[str]:
    """Return the words a grammar can hear, sorted."""
    rules = grammar.partition("public")[2]
    plain = re.sub(r"<\w+>|[\[\]()|=;]", " ", rules)
    return sorted(set(plain.split()))


def help_lines(description: Description) -> str:
    """Return, as JSON, each tool's end of "You can ask me to"."""
    said = {tool.name: tool.help for tool in description.tools if tool.help}
    return json.dumps(said, indent=2) + "\n"


def write(folder: Path) -> int:
    """Write the three files into folder; return the number of words."""
    description = load()
    grammar = build(description)
    words = vocabulary(grammar)
    (folder / GRAMMAR.name).write_text(grammar, encoding="utf-8")
    (folder / HELP.name).write_text(help_lines(description), encoding="utf-8")
    (folder / VOCABULARY.name).write_text("\n".join(words) + "\n", encoding="utf-8")
    return len(words)


def main() -> None:
    """Rewrite the generated files beside this one."""
    argparse.ArgumentParser(description="Write what is generated.").parse_args()
    print(f"{GRAMMAR.name}: {write(HERE)} words")


if __name__ == "__main__":
    main()
