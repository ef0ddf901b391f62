"""What version 0.2 and the draft of 1.0 of the Reconciliation Service API ask of each message, as JSON Schemas.

The published schema files are in no package, so these were written from the specifications
(https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/ and
https://reconciliation-api.github.io/specs/1.0-draft/, appendix "JSON Schemas"): they ask for all that those ask for of
what this service sends, and are stricter where unknown keys are concerned.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return the schema of an object with these keys and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def keyed(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


TYPE = record({"id": TEXT, "name": TEXT}, {"description": TEXT})
_SERVICE = record(
    {"service_url": TEXT, "service_path": TEXT},
    {"flyout_service_url": TEXT, "flyout_service_path": {"type": "string", "pattern": r".*\$\{id\}.*"}},
)
_SETTING_KINDS = {"number": NUMBER, "text": TEXT, "checkbox": FLAG}
_ABOUT: dict[str, Schema] = {
    "documentation": TEXT,
    "logo": TEXT,
    "serviceVersion": TEXT,
    "defaultTypes": {**listed(TYPE), "uniqueItems": True},
    "batchSize": WHOLE,
    "standardizedScore": FLAG,
    "lang": TEXT,
}


def _settings(name: str, label: str, text: str) -> Schema:
    kinds = [
        record({"type": {"enum": [kind]}, name: TEXT, label: TEXT, "default": default, text: TEXT})
        for kind, default in _SETTING_KINDS.items()
    ]
    return listed({"oneOf": kinds})


_EXTEND_1_0: dict[str, Schema] = {"proposeProperties": FLAG, "propertySettings": _settings("id", "name", "helpText")}
MANIFEST_0_2 = record(
    {
        "versions": {**listed(TEXT), "contains": {"enum": ["0.2"]}},
        "name": TEXT,
        "identifierSpace": TEXT,
        "schemaSpace": TEXT,
        "view": record({"url": {"type": "string", "pattern": r".*\{\{id\}\}.*"}}),
        "preview": record({"url": {"type": "string", "pattern": r".*\{\{id\}\}.*"}, "width": WHOLE, "height": WHOLE}),
        "suggest": record({"entity": _SERVICE, "property": _SERVICE, "type": _SERVICE}),
        "extend": record(
            {
                "propose_properties": record({"service_url": TEXT, "service_path": TEXT}),
                "property_settings": _settings("name", "label", "help_text"),
            },
            _EXTEND_1_0,
        ),
    },
    _ABOUT,
)
MANIFEST_1_0 = record(
    {
        "versions": {**listed(TEXT), "contains": {"enum": ["1.0-draft"]}},
        "name": TEXT,
        "view": record({"url": {"type": "string", "pattern": r"^[^{}]*\{id\}[^{}]*$"}}),
        "preview": record({"width": WHOLE, "height": WHOLE}),
        "suggest": record({"entity": FLAG, "property": FLAG, "type": FLAG}),
        "extend": record(_EXTEND_1_0),
    },
    _ABOUT,
)


def _candidate(feature: Schema, optional: dict[str, Schema]) -> Schema:
    return record(
        {
            "id": TEXT,
            "name": TEXT,
            "description": TEXT,
            "type": listed(record({"id": TEXT, "name": TEXT})),
            "score": {"type": "number", "minimum": 0, "maximum": 100},
            "match": FLAG,
            "features": listed(feature),
        },
        optional,
    )


_VALUE: Schema = {"oneOf": [FLAG, NUMBER]}
RESULTS_0_2 = keyed(record({"result": listed(_candidate(record({"id": TEXT, "value": _VALUE}), {}))}))
RESULTS_1_0 = record(
    {
        "results": listed(
            record(
                {
                    "candidates": listed(
                        _candidate(record({"id": TEXT, "name": TEXT, "value": _VALUE}), {"lang": TEXT, "dir": TEXT})
                    )
                }
            )
        )
    }
)
ENTITIES = record({"result": listed(record({"id": TEXT, "name": TEXT, "description": TEXT, "notable": listed(TYPE)}))})
TERMS = record({"result": listed(TYPE)})
FLYOUT = record({"id": TEXT, "html": TEXT})
PROPOSAL = record({"properties": listed(TYPE), "type": TEXT}, {"limit": NUMBER})

_DATE = r"^-?[0-9]{4,}-(1[0-2]|0[1-9])-(3[01]|0[1-9]|[12][0-9])T(2[0-3]|[01][0-9]):[0-5][0-9]:[0-5][0-9]"


def _values(text: Schema) -> Schema:
    kinds = [
        record({"id": TEXT, "name": TEXT}),
        text,
        record({"float": NUMBER}),
        record({"int": WHOLE}),
        record({"date": {"type": "string", "pattern": _DATE}}),
    ]
    return listed({"oneOf": kinds})


_META = listed(record({"id": TEXT, "name": TEXT}))
VALUES_0_2 = record({"meta": _META, "rows": keyed(keyed(_values(record({"str": TEXT}))))})
VALUES_1_0 = record(
    {
        "meta": _META,
        "rows": listed(
            record(
                {
                    "id": TEXT,
                    "properties": listed(
                        record({"id": TEXT, "values": _values(record({"str": TEXT}, {"lang": TEXT}))})
                    ),
                }
            )
        ),
    }
)
