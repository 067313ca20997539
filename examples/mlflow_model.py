"""Registers models/export in MLflow's registry, as a model whose input are texts: `python examples/mlflow_model.py`.

Tried with MLflow 3.17.2, in its default store. In ``pip_requirements``, write from where other hosts install Tagline.
"""

import mlflow

from tagline.inference import Tagger


class Model(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.tagger = Tagger(context.artifacts["export"])

    def predict(self, model_input: list[str]):
        return [[entity._asdict() for entity in found] for found in self.tagger(model_input)]


mlflow.models.set_model(Model())
if __name__ == "__main__":
    mlflow.pyfunc.log_model(
        name="export",
        python_model=__file__,
        artifacts={"export": "models/export"},
        pip_requirements=["tagline @ git+URL"],
        registered_model_name="tagger",
    )
