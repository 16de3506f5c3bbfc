"""Reads YAML documents, prints them as JSON with what the schemas of some versions of Kubernetes say of each.

Called with the folder of the packages and the versions.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import kubernetes_validate  # noqa: E402
import yaml  # noqa: E402


def problems(document, version):
    """A kind without a schema is a problem too: a misspelt one has none."""
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{version}: {'.'.join(str(item) for item in error.path)}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        yield f"{version}: {error.message}"


json.dump(
    [
        {"manifest": document, "problems": [text for version in sys.argv[2:] for text in problems(document, version)]}
        for document in yaml.safe_load_all(sys.stdin)
        if document
    ],
    sys.stdout,
)
