"""What can be fetched: models and sets of them, as `models/manifest.toml` lists them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from xtalk_edge.config.fields import number, tables
from xtalk_edge.config.files import data_path
from xtalk_edge.config.source import Source
from xtalk_edge.config.tables import fill
from xtalk_edge.errors import ModelError

MANIFEST = "models/manifest.toml"

ARCHIVES = (".tar.bz2", ".tar.gz", ".tar.xz", ".tgz")

MOST_MB = 200_000.0
"""No board holds more; a manifest that says so is wrong."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file to be fetched."""

    url: str = ""
    name: str = ""
    """What it is called in the model's folder; "" is the last part of the address."""
    mb: float = number(0.0, 0.0, MOST_MB)
    """Its size in units of 1,000,000 bytes, as its publisher rounds it; 0 is unknown."""
    sha256: str = ""
    """Of what is fetched; "" where the publisher tells it only when asked, or not at all."""
    checksums: str = ""
    """Address of the publisher's list of digests, a name and a SHA-256 a line."""
    keep: tuple[str, ...] = ()
    """Of an archive: patterns of what is kept, without its outermost folder."""

    @property
    def local_name(self) -> str:
        """The name under which it is fetched."""
        return self.name or PurePosixPath(urlsplit(self.url).path).name

    @property
    def is_archive(self) -> bool:
        """Whether it is unpacked."""
        return self.local_name.endswith(ARCHIVES)


@dataclass(frozen=True, slots=True)
class Model:
    """One model that fills a slot."""

    name: str = ""
    slot: str = ""
    type: str = ""
    """The engine that runs it."""
    about: str = ""
    languages: tuple[str, ...] = ()
    """As in BCP 47; none named is any, or none matters."""
    precision: str = ""
    """"int8", "fp32", "Q4_K_M" ..."""
    provider: str = "cpu"
    """What it is meant for: "cpu" or "cuda"."""
    licence: str = ""
    page: str = ""
    """Where its maker describes it."""
    ram_mb: float = number(0.0, 0.0, MOST_MB)
    """What a process that runs it was measured to need; 0 was not measured."""
    settings: str = ""
    """What else its engine must be told, as in the settings; shown to the owner."""
    file: tuple[ModelFile, ...] = tables(ModelFile)

    @property
    def mb(self) -> float:
        """What has to be fetched; 0 when nothing is known."""
        return sum(each.mb for each in self.file)


@dataclass(frozen=True, slots=True)
class Profile:
    """What suits a board and a language."""

    name: str = ""
    language: str = ""
    about: str = ""
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """All models and profiles that are known."""

    model: tuple[Model, ...] = tables(Model)
    profile: tuple[Profile, ...] = tables(Profile)

    def find(self, name: str) -> Model:
        """Return the model of that name; raises ModelError with the nearest one."""
        for each in self.model:
            if each.name == name:
                return each
        known = [each.name for each in self.model]
        raise ModelError(f"there is no model {name!r}; {_nearest(name, known, 'models list')}")

    def of_profile(self, name: str, language: str) -> list[Model]:
        """Return the models of a profile; raises ModelError where there is no such one."""
        for each in self.profile:
            if (each.name, each.language) == (name, language):
                return [self.find(model) for model in each.models]
        languages = [each.language for each in self.profile if each.name == name]
        if languages:
            raise ModelError(
                f"profile {name!r} has no models for {language!r}; it has {_listed(languages)}"
            )
        known = [each.name for each in self.profile]
        raise ModelError(f"there is no profile {name!r}; {_nearest(name, known, 'models list')}")


def read_manifest(path: str | Path = "") -> Manifest:
    """Return the manifest of a file, or the built-in one for "".

    Raises:
        ConfigError: with every problem on a line of its own.
    """
    source = Source.read(Path(path).expanduser() if path else data_path(MANIFEST))
    manifest = fill(source, Manifest, (), source.table)
    source.finish()
    for number_, model in enumerate(manifest.model):
        _check_model(source, number_, model)
    _check_names(source, manifest)
    source.finish()
    return manifest


def _check_model(source: Source, index: int, model: Model) -> None:
    where: tuple[str | int, ...] = ("model", index)
    if not _NAME.fullmatch(model.name):
        source.complain(where, "needs a name of letters, digits, dots, dashes and underscores")
    for what in ("slot", "type", "licence"):
        if not getattr(model, what):
            source.complain(where, f"needs {what} =")
    if not model.file:
        source.complain(where, "needs a [[model.file]]")
    for number_, file in enumerate(model.file):
        problem = _problem_of(file)
        if problem:
            source.complain((*where, "file", number_), problem)
    if len({each.local_name for each in model.file}) < len(model.file):
        source.complain(where, "has two files of one name")


def _problem_of(file: ModelFile) -> str:
    parts = urlsplit(file.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return 'needs url = "https://..."'
    if not is_plain_path(file.local_name):
        return "needs a name that stays in the model's folder"
    if file.sha256 and not _SHA256.fullmatch(file.sha256):
        return "sha256 must be 64 digits from 0 to f"
    if file.is_archive and not file.keep:
        return "needs keep = [...], what to take out of the archive"
    return ""


def is_plain_path(name: str) -> bool:
    """Tell whether a relative name stays in its folder, on any system."""
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name or path.is_absolute()
    return bool(path.parts) and not odd and not any(part.startswith("..") for part in path.parts)


def _check_names(source: Source, manifest: Manifest) -> None:
    known: set[str] = set()
    for index, model in enumerate(manifest.model):
        if model.name in known:
            source.complain(("model", index), f"another model is called {model.name!r}; rename one")
        known.add(model.name)
    for index, profile in enumerate(manifest.profile):
        for name in profile.models:
            if name not in known:
                source.complain(("profile", index), f"names a model {name!r} that is not there")


def _nearest(name: str, known: list[str], command: str) -> str:
    found = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {found[0]!r}?" if found else f"`xtalk-edge {command}` shows all"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(set(names)))
