"""What an owner wants of a model for whole utterances, in the words of its constructor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from xtalk_edge.engines.asr.sherpa_offline_kinds import Languages, OfflineKind
from xtalk_edge.engines.sherpa_library import refuse_useless
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
        languages = kind.languages
        useless = {
            "language": self.language if languages is None else "",
            "translate_to": "" if languages and languages.written else self.translate_to,
            "formatted": self.formatted and not kind.formatting,
        }
        refuse_useless("asr", f"{kind.name} model", useless)
        told = self._languages(kind.name, languages) if languages else {}
        return told | dict.fromkeys(kind.formatting, self.formatted)

    def _languages(self, kind: str, languages: Languages) -> dict[str, Any]:
        for name, each in (("language", self.language), ("translate_to", self.translate_to)):
            if each and languages.known and each not in languages.known:
                raise ConfigError(
                    f"asr.{name}: a {kind} model does not know {each!r}; it knows "
                    f"{', '.join(sorted(languages.known))}"
                )
        spoken = self.language or languages.unsaid
        written = {languages.written: self.translate_to or spoken} if languages.written else {}
        return {languages.spoken: spoken, **written}

    def said(self) -> dict[str, Any]:
        """Return those that are not as usual."""
        usual = asdict(OfflineWishes())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}
