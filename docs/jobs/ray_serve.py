"""Serve a model with Ray Serve, on this machine or a cluster, at http://127.0.0.1:8000.

    pip install ".[serve]" "ray[serve]>=2.59,<3"
    serve run --app-dir docs/jobs ray_serve:app model=models/export replicas=8 cores=2

Each node of a cluster needs the packages, and the model at the same path.
"""

from pathlib import Path
from typing import Any

from ray import serve

from tagline.inference import Tagger
from tagline.tools.serving.service import create


def app(arguments: dict[str, Any]) -> serve.Application:
    model = Path(arguments.get("model", "models/export")).resolve()  # the current folder of replicas may be another

    def service() -> Any:  # of a replica
        tagger = Tagger(model)
        tagger.split("")  # warns, or raises an error if the library that splits words is not installed
        replica = create(tagger)
        # A scrape would get the counts of any one replica; Ray has metrics of all.
        replica.router.routes = [route for route in replica.routes if route.path != "/metrics"]
        return replica

    return serve.deployment(
        serve.ingress(service)(),
        name="tagline",
        num_replicas=int(arguments.get("replicas", 2)),
        ray_actor_options={"num_cpus": int(arguments.get("cores", 1))},
        max_ongoing_requests=256,
        graceful_shutdown_timeout_s=60,
    ).bind()
