"""Prints what the scikit-learn of this environment makes of identities, as JSON. Run by tests/test_versions.py in another one."""

from __future__ import annotations

import json
import sys

import sklearn

from gitjournal.procedure import canonical_text
from gitjournal.procedure.catalogue import ClassSpec, reference
from gitjournal.run import plan
from gitjournal.worker.models import reference_sklearn as maintenance
from tests.support import share_fits, trees
from tests.support.vectors import VECTORS, configurations_of


def vectors() -> dict[str, list[str]]:
    """Return the fingerprints of each published entry under the installed version."""
    version = plan.installed_version()
    return {vector["name"]: [canonical_text.fingerprint(one.canonical) for one in configurations_of(vector, version)] for vector in VECTORS}


def classes() -> dict[str, str]:
    """Return the fingerprint of every estimator that exists here, with nothing declared."""
    here = maintenance.describe_sklearn().known
    kinds = ("classifier", "regressor", "transformer")
    known: dict[str, ClassSpec] = {path: one for path, one in reference().known.items() if one.kind in kinds and path in here}
    version = plan.installed_version()
    return {
        path: canonical_text.fingerprint(trees.canonical({}, "", "", {}, [["a", {"class": path, "params": {}}]], version=version))
        for path in known
    }


def unlike() -> list[str]:
    """Return the classes whose defaults here are not those of the reference."""
    old = reference()
    new = maintenance.append(old, maintenance.describe_sklearn())
    return [path for path, known in new.known.items() if old.known.get(path) != known]


if __name__ == "__main__":
    wrong = [said for case in share_fits.cases() if (said := share_fits.check(*case))]
    told = {"version": sklearn.__version__, "vectors": vectors(), "classes": classes(), "unlike": unlike(), "shares": wrong}
    json.dump(told, sys.stdout)
