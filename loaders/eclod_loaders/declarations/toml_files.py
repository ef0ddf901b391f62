"""Reading the TOML files of a registry: what is wrong in one is said with file, field and the nearest name."""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from eclod.core.errors import BadInput
from eclod_loaders.values.texts import fold


class Declared(BaseModel):
    """Base of what a registry's files declare: unknown settings are errors, nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


M = TypeVar("M", bound=Declared)


def column_name(text: str) -> str:
    """Return the name of a column as files and mappings are compared: NFC, on one line, single spaces."""
    return fold(unicodedata.normalize("NFC", text).replace("\ufeff", ""))


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Column = Annotated[str, AfterValidator(column_name)]
Columns = Annotated[tuple[Column, ...], BeforeValidator(_one_or_more)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like this one, or None when none is."""
    names = {known_name.casefold(): known_name for known_name in known}
    found = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for use at the end of a sentence, or a full stop."""
    found = nearest(name, known)
    return f"; did you mean '{found}'?" if found else "."


def read_toml(path: Path, label: str) -> dict[str, Any]:
    """Return the content of a TOML file. Raises BadInput, naming the file as `label`."""
    return parse_toml(read_text(path, label), label)


def read_text(path: Path, label: str) -> str:
    """Return the text of a file of a registry. Raises BadInput, naming the file as `label`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"{label} is missing; a registry is a folder with this file in it.") from None
    except OSError as error:
        raise BadInput(f"{label} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{label} is not in UTF-8; save it as UTF-8.") from None


def parse_toml(text: str, label: str) -> dict[str, Any]:
    """Return the content of a text in TOML. Raises BadInput, naming the file as `label`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{label} is not TOML: {error}.") from None


def validate(model: type[M], content: Mapping[str, Any], label: str, known: Iterable[str] = ()) -> M:
    """Return the content as a model. Raises BadInput with file, field and what to do, for up to three errors."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        said = dict.fromkeys(_sentence(dict(found), [*known, *model.model_fields]) for found in error.errors())
        raise BadInput(f"{label}: " + " ".join(list(said)[:3])) from None


def _sentence(error: dict[str, Any], known: Iterable[str]) -> str:
    where = [str(part) for part in error["loc"] if isinstance(part, str)]
    if error["type"] == "extra_forbidden":
        inside = f" in {'.'.join(where[:-1])}" if where[:-1] else ""
        return f"There is no setting '{where[-1]}'{inside}" + did_you_mean(where[-1], known)
    if error["type"] == "missing":
        return f"The setting {'.'.join(where)} is missing."
    reason = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"In {'.'.join(where) or 'the file'}: {reason[:1].lower()}{reason[1:]}."
