"""What is wrong with a form, all of it at once: gathered before anything is read, edited or paid for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localizer.errors import ConfigurationError, CopyDeckError, InputError, LocalizerError, TransientError


class Faults:
    """Gathers faults by field.

    Args:
        titles: what the form calls its fields.
    """

    def __init__(self, titles: Mapping[str, str] | None = None) -> None:
        self._titles = dict(titles or {})
        self.found: list[tuple[str, LocalizerError]] = []

    @contextmanager
    def of(self, field: str) -> Iterator[None]:
        """Whatever cannot be used in the block is a fault of this field; what a retry may cure is raised."""
        try:
            yield
        except TransientError:
            raise
        except LocalizerError as error:
            self.add("copy_deck" if isinstance(error, CopyDeckError) else field, error)

    def add(self, field: str, error: LocalizerError) -> None:
        self.found.append((field, error))

    def check(self) -> None:
        """Tell of all faults, if there are any.

        Raises:
            InputError: names each field and what to do.
        """
        if not self.found:
            return
        number = len(self.found)
        head = "One field cannot" if number == 1 else f"{number} fields cannot"
        raise InputError(
            "\n".join(
                [
                    f"{head} be used; nothing was edited. Mend this and trigger again:",
                    *(f"- {self._name(field)}: {_without(field, str(error))}" for field, error in self.found),
                ]
            )
        )

    def _name(self, field: str) -> str:
        title = self._titles.get(field)
        return f"{title} ({field})" if title else field


def form_titles(context: Any) -> dict[str, str]:
    """What the trigger form of a running DAG calls its fields; empty where it has none."""
    params: Any = getattr(context.get("dag"), "params", None)
    found = {}
    for name in params or ():
        param = params.get_param(name)
        if param.schema.get("title"):
            found[name] = str(param.schema["title"])
    return found


def target_locales(value: Sequence[str] | str | None) -> list[str]:
    """Normalised target locales out of a list or a comma-separated string.

    Raises:
        InputError: one of them is not a locale; names all that are not.
    """
    from localizer.locales import normalise_locale

    tags = value.split(",") if isinstance(value, str) else list(value or ())
    good, bad = [], []
    for tag in tags:
        if not tag.strip():
            continue
        try:
            good.append(normalise_locale(tag))
        except ValueError as error:
            bad.append(str(error))
    if bad:
        raise InputError(f"locales: {'; '.join(bad)}")
    return list(dict.fromkeys(good))


def as_bool(value: bool | str | None, *, field: str) -> bool:
    """A flag that may have come through a template as text, or been left empty.

    Raises:
        InputError: it is neither.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    known = {"true": True, "false": False, "": False}
    try:
        return known[str(value).strip().lower()]
    except KeyError:
        raise InputError(f"{field}: {value!r} is neither true nor false") from None


def check_engine_parameters(parameters: Mapping[str, Any]) -> None:
    """Refuse what looks like a credential: what is in a form is kept in Airflow's database for all to read.

    Raises:
        InputError: one does.
    """
    from localizer.remote.access import looks_like_credential

    names = sorted(name for name in parameters if looks_like_credential(name))
    if names:
        raise InputError(
            f"{', '.join(names)} looks like a credential; put it into an Airflow connection and name that as "
            "the engine connection"
        )


def check_folder(uri: str) -> None:
    """Whether there is such a local folder; a bucket is looked at when an image is read.

    Raises:
        InputError: there is none.
    """
    if not uri.startswith("gs://") and not Path(uri.removeprefix("file://")).is_dir():
        raise InputError(f"{uri}: there is no such folder on the machine that looks for it")


def check_publish_target(uri: str, campaign: str, *, client: Any = None) -> None:
    """Whether a release could be published there, as far as looking tells.

    Raises:
        LocalizerError: the bucket refuses, the folder cannot be written, or its pointer is damaged.
    """
    from localizer.release import read_current

    if not uri.startswith("gs://"):
        folder = Path(uri.removeprefix("file://"))
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise ConfigurationError(f"{uri}: {nearest} is no folder that this process may write to")
    read_current(uri, campaign, client=client)


def _without(field: str, message: str) -> str:
    """A message that does not begin with the name of its field again."""
    return message.removeprefix(f"{field}: ")
