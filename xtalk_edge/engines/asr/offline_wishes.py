"""What an owner wants of a model for whole utterances, in the words of its constructor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from xtalk_edge.engines.asr.sherpa_offline_kinds import OfflineKind
from xtalk_edge.errors import ConfigError


@dataclass(frozen=True, slots=True)
class OfflineWishes:
    """Settings that not every kind of model has a use for."""

    language: str = ""
    """What is spoken, as "de"; "" lets the model find out, or is English."""
    translate_to: str = ""
    """What is written, where that is to be another language."""
    formatted: bool = False
    """Whether the network writes marks, capitals and figures."""

    def arguments(self, kind: OfflineKind) -> dict[str, Any]:
        """Return what a constructor is told; raises ConfigError where it has no use for it."""
        arguments: dict[str, Any] = dict.fromkeys(kind.formatting, self.formatted)
        languages = kind.languages
        useless = {
            "language": bool(self.language) and languages is None,
            "translate_to": bool(self.translate_to) and not (languages and languages.written),
            "formatted": self.formatted and not kind.formatting,
        }
        for name, has_no_use in useless.items():
            if has_no_use:
                raise ConfigError(
                    f"asr.{name}: a {kind.name} model has no use for it; remove the setting"
                )
        if languages:
            spoken = self.language or languages.unsaid
            told = {languages.spoken: spoken}
            if languages.written:
                told[languages.written] = self.translate_to or spoken
            for name, each in (("language", spoken), ("translate_to", self.translate_to)):
                if each and languages.known and each not in languages.known:
                    raise ConfigError(
                        f"asr.{name}: a {kind.name} model does not know {each!r}; it knows "
                        f"{', '.join(sorted(languages.known))}"
                    )
            arguments |= told
        return arguments

    def said(self) -> dict[str, Any]:
        """Return those that are not as usual."""
        usual = asdict(OfflineWishes())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}
