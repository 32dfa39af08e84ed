"""Who and what a run is about, written before anything is simulated; knows no session."""

import json

import pyarrow as pa

from sandbox.runs import RunFolder
from scenarios.setup import Setup


def describe(run: RunFolder, setup: Setup) -> None:
    """Write who and what the run is about, before anything is simulated."""
    items, users = _items_table(setup), _users_table(setup)  # both before either is written: a fault leaves neither
    run.write_table("items.parquet", items)
    run.write_table("users.parquet", users)
    dataset = setup.dataset
    data = {
        "source": dataset.source,
        "licence": dataset.catalogue.licence,
        "items": len(setup.catalogue),
        "log_users": len(dataset.users),
        "log_rows": len(dataset.log),
        "refused": dict(dataset.refused),
        "adjusted": dict(dataset.adjusted),
        "ratings": {str(star): int((setup.split.train.rating.round() == star).sum()) for star in range(1, 6)},
    }
    run.update_manifest(data=data)


def _items_table(setup: Setup) -> pa.Table:
    names = ("index", "id", "title", "genres", "year", "overview", "people", "mean_rating", "n_ratings", "domain")
    return pa.Table.from_pylist([{name: getattr(item, name) for name in names} for item in setup.catalogue])


def _users_table(setup: Setup) -> pa.Table:
    users = setup.dataset.users
    rows = [
        {
            "user": p.user,
            "source": p.source,
            "source_id": users[p.source].id,
            "text": p.text,
            "activity": p.activity.name.lower(),
            "conformity": p.conformity.name.lower(),
            "diversity": p.diversity.name.lower(),
            "mean_rating": p.taste.mean_rating,
            "rating_sd": p.taste.rating_sd,
            "genres": json.dumps(dict(p.taste.genres)),
            "static": json.dumps(dict(p.static)),
            "traits": json.dumps(dict(p.traits)),
            "reflection": p.reflection,
            "history": list(p.history),
        }
        for p in setup.personas
    ]
    return pa.Table.from_pylist(rows)
