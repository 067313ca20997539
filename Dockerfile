# The service of an exported model: docker build -t tagline . && docker run -p 8080:8080 -v ./models/export:/model:ro tagline
FROM python:3.12-slim AS build
WORKDIR /source
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY stages stages
# Without the extra `pipeline`: no PyTorch. pip can't check hashes of a part of constraints.txt.
RUN pip install --no-cache-dir uv && uv pip install --no-cache --python /venv -c constraints.txt ".[serve]"

FROM python:3.12-slim
COPY --from=build /venv /venv
# To have the model in the image: COPY models/export /model
RUN useradd --system --uid 10001 tagline
USER 10001
EXPOSE 8080
HEALTHCHECK --start-period=10s CMD ["/venv/bin/python", "-c", "import re; from urllib.request import urlopen; port = re.search(r'--port\\W(\\d+)', open('/proc/1/cmdline').read()); urlopen(f'http://127.0.0.1:{port[1] if port else 8080}/health')"]
# In the form of a list, so that SIGTERM reaches the service.
ENTRYPOINT ["/venv/bin/tagline", "serve", "--model", "/model", "--host", "0.0.0.0"]
