# The core: docker build -f packaging/docker/core.Dockerfile -t fornax-core .
# Database and key are kept in /var/lib/fornax: mount a volume there, and the tokens at /run/secrets.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /opt/fornax
COPY . .
RUN npm ci && node_modules/.bin/node tools/setup/generate.ts

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/fornax fornax
WORKDIR /opt/fornax
COPY --from=build /opt/fornax .
ENV NODE_ENV=production \
    FORNAX_HOST=0.0.0.0 \
    FORNAX_DATA_DIR=/var/lib/fornax \
    FORNAX_TOKEN_FILE=/run/secrets/admin-token \
    FORNAX_JOIN_TOKEN_FILE=/run/secrets/join-token
USER fornax
VOLUME /var/lib/fornax
EXPOSE 4000 4001
CMD ["node_modules/.bin/node", "--disable-warning=ExperimentalWarning", "apps/core/src/main.ts"]
