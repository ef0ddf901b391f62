"""The manifest of the reconciliation service, by which clients learn what it offers."""

from __future__ import annotations

from typing import Any, Final

from flask import url_for

import eclod
from eclod.core.iris import Names
from eclod.core.namespaces import ECLOD
from eclod.web.finding.batches import BATCH

#: The size of a preview, in pixels.
WIDTH, HEIGHT = 400, 220
_NAME: Final = "European Clusters Linked Open Data"
_LANGUAGE_SETTING: Final = "language"
_LIMIT_SETTING: Final = "limit"
#: Settings of a property when values are asked for: (name, type, label, default, help).
_SETTINGS: Final[tuple[tuple[str, str, str, str | int, str], ...]] = (
    (_LIMIT_SETTING, "number", "Limit", 0, "How many values at most; 0 is all"),
    (_LANGUAGE_SETTING, "text", "Language", "", "Texts in this language only, such as en; empty is all"),
)


def combined(origin: str, names: Names, types: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest at `/reconcile`: that of version 0.2, with what 1.0-draft adds under other names.

    What both call `suggest` and say differently is as version 0.2 has it, whose clients have no other manifest.
    """
    endpoint = origin + url_for("reconciliation.root")
    return {
        **_common(origin, types),
        "identifierSpace": f"{names.base}/id/",
        "schemaSpace": ECLOD,
        "view": {"url": f"{origin}/describe?iri={{{{id}}}}"},
        "preview": {"url": f"{endpoint}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {
            each: {
                "service_url": endpoint,
                "service_path": f"/suggest/{each}",
                "flyout_service_url": endpoint,
                "flyout_service_path": f"/flyout/{each}?id=${{id}}",
            }
            for each in ("entity", "property", "type")
        },
        "extend": {
            "propose_properties": {"service_url": endpoint, "service_path": "/extend/propose"},
            "property_settings": [
                {"name": name, "type": kind, "label": label, "default": default, "help_text": text}
                for name, kind, label, default, text in _SETTINGS
            ],
            **_extension(),
        },
    }


def of_1_0(origin: str, types: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest at `/reconcile/1.0-draft`, of that version alone."""
    return {
        **_common(origin, types),
        "versions": ["1.0-draft"],
        "view": {"url": f"{origin}/describe?iri={{id}}"},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": _extension(),
    }


def _common(origin: str, types: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "versions": ["0.2", "1.0-draft"],
        "name": _NAME,
        "documentation": f"{origin}/search",
        "logo": origin + url_for("static", filename="favicon.svg", v=None),
        "serviceVersion": eclod.__version__,
        "defaultTypes": types,
        "batchSize": BATCH,
        "standardizedScore": True,
        "lang": "en",
    }


def _extension() -> dict[str, Any]:
    return {
        "proposeProperties": True,
        "propertySettings": [
            {"id": name, "type": kind, "name": label, "default": default, "helpText": text}
            for name, kind, label, default, text in _SETTINGS
        ],
    }
