# Built in one stage, installed in the next; the image has no source tree and needs no network.
#
#   docker build -t pincite .
#   docker run --network none -v pincite-data:/data pincite pincite doctor
#   docker run -v pincite-data:/data pincite pincite keys create NAME
#   docker run -p 8000:8000 -v pincite-data:/data -v /srv/leaflets:/leaflets:ro pincite \
#       pincite serve /leaflets --host 0.0.0.0

FROM python:3.11-slim AS wheel
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY corpus corpus
COPY index index
COPY service service
COPY evaluation evaluation
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# The CPU build of torch; empty takes the default index's build, which is larger but works.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
        "$(echo /wheels/*.whl)[postgres]"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin pincite \
    && install -d -o pincite -g pincite /data
# PYTHONSAFEPATH: no file in the working directory can stand in for a module of ours.
ENV PINCITE_HOME=/data \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1
USER pincite
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["pincite", "serve", "--host", "0.0.0.0"]
