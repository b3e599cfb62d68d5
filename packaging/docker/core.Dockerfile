# The core: docker build -f packaging/docker/core.Dockerfile -t fornax-core .
# Data and keys are kept in /var/lib/fornax: mount a volume there, and the tokens at /run/secrets.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/fornax
COPY . .
# Debian's Node only starts the installation: everything else runs on the one that the lock file pins.
RUN node tools/setup/install-only.mjs && node_modules/.bin/node tools/setup/generate.ts

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /var/lib/fornax --create-home fornax
WORKDIR /opt/fornax
COPY --from=build /opt/fornax .
ENV NODE_ENV=production FORNAX_HOST=0.0.0.0 FORNAX_DATA_DIR=/var/lib/fornax \
  FORNAX_TOKEN_FILE=/run/secrets/admin-token FORNAX_JOIN_TOKEN_FILE=/run/secrets/join-token
USER fornax
VOLUME /var/lib/fornax
EXPOSE 4000 4001
CMD ["node_modules/.bin/node", "--disable-warning=ExperimentalWarning", "apps/core/src/main.ts"]
