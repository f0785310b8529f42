# batten in a container: docker build -t batten . && docker run --rm --network none -v "$PWD:/src:ro" batten
# docs/ci.md says what the sandbox for other programs needs there. Pin the base by digest where you build: it is not known here.
FROM debian:trixie-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Packages of constraints.txt beyond what batten needs: "httptools uvloop" for an image that runs the guard, too.
ARG ALSO=""
COPY constraints.txt ./
RUN sed '/^# == watch/,$d' constraints.txt >build.txt \
    && awk -v also=" $ALSO " '/^# == /{run = $3 == "run"} /^#/{next} \
        /^[A-Za-z]/{split($1, name, "=="); on = run || index(also, " " name[1] " ")} on' constraints.txt >run.txt \
    && python3 -m venv /build/venv && python3 -m venv --without-pip /opt/batten \
    && /build/venv/bin/pip install --quiet --no-cache-dir --require-hashes --requirement build.txt \
    && /build/venv/bin/pip --python /opt/batten/bin/python install --quiet --no-cache-dir --require-hashes --requirement run.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY tools/pinned.py tools/sbom.py tools/
COPY docs/controls docs/controls
COPY docs/schemas docs/schemas
COPY examples examples
COPY src src
# The command runs isolated (-I): the current folder may be an untrusted checkout, and a pipeline may set PYTHONPATH to it.
RUN /build/venv/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
    && /build/venv/bin/pip --python /opt/batten/bin/python install --quiet --no-cache-dir --no-deps dist/*.whl \
    && sed -i '1s/$/ -I/' /opt/batten/bin/batten

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap git python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin batten \
    && install -d /src
COPY --from=build /opt/batten /opt/batten
ENV PATH=/opt/batten/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 10001:10001
WORKDIR /src
ENTRYPOINT ["batten"]
CMD ["review"]
