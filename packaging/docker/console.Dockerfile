# The console: docker build -f packaging/docker/console.Dockerfile -t fornax-console .
# It keeps nothing; FORNAX_API_URL says where the core's API is. Put a proxy with TLS before it.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /opt/fornax
COPY . .
RUN npm ci && node_modules/.bin/node tools/setup/generate.ts && npm run build -w apps/console

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 fornax
WORKDIR /opt/fornax/apps/console
COPY --from=build /opt/fornax /opt/fornax
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    FORNAX_HOST=0.0.0.0 \
    FORNAX_CONSOLE_PORT=3000
USER fornax
EXPOSE 3000
CMD ["/opt/fornax/node_modules/.bin/node", "server.ts"]
