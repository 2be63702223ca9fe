#!/usr/bin/env python3
"""Checks schemas with the package jsonschema: validate_schemas.py FILE

FILE: [{"name": ..., "schema": {...}, "accepts": [...], "rejects": [...]}, ...]. One line for each finding; exit code 1
when there is one, 77 when the package is missing.
"""
import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit(77)

findings = []
with open(sys.argv[1], encoding="utf-8") as file:
    cases = json.load(file)
for case in cases:
    Draft202012Validator.check_schema(case["schema"])
    validator = Draft202012Validator(case["schema"])
    for instance in case["accepts"]:
        if not validator.is_valid(instance):
            findings.append(f"{case['name']}: refuses {json.dumps(instance)}")
    for instance in case["rejects"]:
        if validator.is_valid(instance):
            findings.append(f"{case['name']}: accepts {json.dumps(instance)}")
print("\n".join(findings) if findings else f"{len(cases)} schemas are right")
sys.exit(1 if findings else 0)
