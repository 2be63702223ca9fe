#!/usr/bin/env python3
"""Checks OpenAPI documents with the package openapi-spec-validator: validate_openapi.py FILE...

One line for each finding; exit code 1 when there is one, 77 when the package is missing.
"""
import json
import sys

try:
    from jsonschema import Draft202012Validator
    from openapi_spec_validator import OpenAPIV31SpecValidator
except ImportError:
    sys.exit(77)


def schemas(node):
    """What stands behind the keys `schema`, and the components: the specification leaves them to JSON Schema."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield value
            elif key == "schemas":
                yield from value.values()
            else:
                yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


findings = []
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        document = json.load(file)
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        findings.append(f"{name}: {'/'.join(map(str, error.path))}: {error.message}")
    for schema in schemas(document):
        for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
            findings.append(f"{name}: {json.dumps(schema)}: {error.message}")
print("\n".join(findings) if findings else f"{len(sys.argv) - 1} documents are right")
sys.exit(1 if findings else 0)
