"""Writes the recogniser's grammar and word list from the `say` phrases of the description.

python -m models.starter.ears.grammar   rewrites commands.jsgf, vocabulary.txt and help.json.

Everything that can be refused or chatted about is in the grammar too: a recogniser hears only
what its grammar holds, and would bend "turn on the lamp" into the nearest command.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from models.starter import KIT
from models.starter.ears.grammar_rules import CLOCK_RULES, LISTED, NUMBER_RULES
from models.starter.language.description import Description, load
from models.starter.language.phrases import Phrase, Slot, to_jsgf

GRAMMAR = KIT / "commands.jsgf"
VOCABULARY = KIT / "vocabulary.txt"
HELP = KIT / "help.json"

FOLLOW_UPS = frozenset(
    {
        "( make it | change it to ) <moment>", "( make it | change it to ) <duration>",
        "cancel ( that | it )", "and ( another | one ) ( at | for ) <moment>", "another one",
        "and the <device_name>", "( turn | switch ) it <switched>", "read it back",
        "delete the last one", "and <items>", "take it off again", "what's on it",
        "[ a bit ] more", "( and in | what about ) <city>", "give it <more>",
        "and ( another | another one | one ) for <duration>",
        "[ for ] <duration>", "forget that",
    }
)  # fmt: skip
"""What may go on from the exchange before. No more: other talk is easily heard as one of the
short ones, and the grammar is the same whether anything came before or not."""

ANSWERS = ("yes [ please ]", "yeah", "sure", "okay", "no", "no ( thanks | thank you )")
"""How a question of the device is answered."""

BACKCHANNELS = ("uh huh", "right", "all right", "really", "wow", "i see", "go on")
"""What people say to show that they listen. Unheard, "go on" was bent into "who are you"."""

BORDER_WORDS = ("go ( offline | online )", "does anything leave this device")
"""What is understood without the brain (`xtalk_edge/turn/border_words.py`)."""

UNHEARD = frozenset(
    {
        # The rule <moment> may end in a repetition too.
        "( wake me up | [ set ] an alarm ) ( for | at ) <routine>",
        # All durations or names once more, for what few say.
        "( set | start | make | create | begin | put on | give me | run ) a timer for <duration> "
        "called <name>",
        "( set | start | make | create | begin | put on | give me | run ) ( a | the ) <name> timer",
        # In `MERGED`.
        "add <duration> [ to ( the | my ) [ <name> ] timer ]",
        "take <duration> off ( the | my ) [ <name> ] timer",
        "( add | put ) <items> ( to | on ) ( the | my ) [ shopping ] list",
        "( add | put ) <items> ( to | on ) my packing list",
        "( take | remove ) <items> ( off | from ) ( the | my ) [ shopping ] list",
    }
)
"""What is left out for the time it would cost."""

MERGED = (
    "( add | take ) <duration> [ ( to | off ) [ ( the | my ) [ <name> ] timer ] ]",
    "( add | put | take | remove ) <items> ( to | on | off | from ) ( the | my ) "
    "[ shopping | /0.3/ packing ] list",
)
"""Orders that share what lies in their middle. They allow nonsense too, which nobody says."""

LIKELIER = {
    "( set | start | make | create | begin | put on | give me | run )": (
        "( /8/ set | /3/ start | make | create | begin | /0.5/ put on | give me | /0.5/ run )"
    ),
    "timer [ for ]": "( /8/ timer for | timer )",
    # "Timer for two minutes" is no such answer.
    "[ for ]": "/0.05/ [ for ]",
    # People counting would be heard as reckoning.
    "[ ( what is | what's | how much is | calculate ) ]": (
        "( /3/ what is | /3/ what's | how much is | calculate )"
    ),
}
"""Wordings of the description with the weights that everyday use gives them."""


def slot_rule(slot: str) -> str:
    """Return how a phrase names the rule of one of its slots."""
    return f"<{slot}>"


def spoken_values(description: Description) -> dict[str, str]:
    """Return a rule for each slot whose words are its value."""
    return {slot: " | ".join(n.spoken) for slot, n in description.names.items()}


def heard_phrases(description: Description) -> Iterator[Phrase]:
    """Yield what the recogniser listens for, without what answers a question."""
    first = [phrase for tool in description.tools for phrase in tool.say]
    first += [phrase for reply in description.replies for phrase in reply.say]
    yield from (phrase for phrase in first if to_jsgf(phrase.body, slot_rule) not in UNHEARD)
    later = (phrase for follow in description.follow_ups for phrase in follow.say)
    yield from (phrase for phrase in later if to_jsgf(phrase.body, slot_rule) in FOLLOW_UPS)


def build(description: Description) -> str:
    """Return the grammar; its only public rule is <command>."""
    orders: dict[str, list[str]] = defaultdict(list)
    others: dict[str, list[str]] = defaultdict(list)
    for phrase in heard_phrases(description):
        for row in phrase.body.rows:
            *first, last = row.parts
            ending = ""
            if first and isinstance(last, Slot):
                ending = slot_rule(last.name)
            else:
                first.append(last)
            beginning = " ".join(to_jsgf(part, slot_rule) for part in first)
            for wording, weighted in LIKELIER.items():
                beginning = beginning.replace(wording, weighted)
            into = (orders if phrase.order else others)[ending]
            if beginning not in into:
                into.append(beginning)
    orders[""] += MERGED
    others[""] += ANSWERS + BACKCHANNELS + BORDER_WORDS
    for ending in orders.keys() & others.keys() - {""}:
        orders[ending] += others.pop(ending)
    rules = {"orders": _alternatives(orders), "others": _alternatives(others)}
    rules |= spoken_values(description) | NUMBER_RULES | CLOCK_RULES | LISTED
    # Politeness once for all orders: a copy for each made a quarter of the grammar.
    public = f"/{_count(orders)}/ [ /0.3/ <polite> ] <orders> | /{_count(others)}/ <others>"
    wanted = _reachable(rules, public)
    body = "\n".join(f"<{name}> = {text} ;" for name, text in rules.items() if name in wanted)
    return f"#JSGF V1.0;\ngrammar commands;\n\npublic <command> = {public} ;\n\n{body}\n"


def _alternatives(endings: dict[str, list[str]]) -> str:
    """Return phrases by what they end in, each ending written once, as a rule's text."""
    lines = [f"/1/ {beginning}" for beginning in endings[""]]
    for ending, beginnings in endings.items():
        if ending:
            lines.append(f"/{len(beginnings)}/ ( {' | '.join(beginnings)} ) {ending}")
    return "\n    | ".join(lines)


def _count(endings: dict[str, list[str]]) -> int:
    return sum(len(beginnings) for beginnings in endings.values())


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
    plain = re.sub(r"<\w+>|/[0-9.]+/|[\[\]()|=;]", " ", rules)
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
    print(f"{GRAMMAR.name}: {write(KIT)} words")


if __name__ == "__main__":
    main()
