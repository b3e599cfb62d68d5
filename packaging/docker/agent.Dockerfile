# An agent: docker build -f packaging/docker/agent.Dockerfile -t fornax-agent .
# It makes namespaces, control groups, mounts and rules of nftables, so it is run with the rights of its machine:
#   docker run --privileged --network host --pid host --cgroupns host \
#     -v /var/lib/fornax-agent:/var/lib/fornax-agent:shared -v /dev/shm:/dev/shm -v /sys/fs/cgroup:/sys/fs/cgroup \
#     -v /run/netns:/run/netns:shared -v /run/containerd:/run/containerd \
#     -v /etc/fornax/join-token:/run/secrets/join-token:ro --env-file /etc/fornax/agent.env fornax-agent
# Pods of the image `host` run on the file system of this image and end with its container; containers of containerd
# go on without it. A node that shall outlive updates of its agent runs it from systemd instead.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /opt/fornax
COPY . .
RUN npm ci && node_modules/.bin/node tools/setup/generate.ts

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap conntrack containernetworking-plugins iproute2 iptables \
    nftables util-linux \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/fornax
COPY --from=build /opt/fornax .
ENV NODE_ENV=production \
    FORNAX_DATA_DIR=/var/lib/fornax-agent \
    FORNAX_JOIN_TOKEN_FILE=/run/secrets/join-token
VOLUME /var/lib/fornax-agent
STOPSIGNAL SIGTERM
CMD ["node_modules/.bin/node", "--disable-warning=ExperimentalWarning", "apps/agent/src/main.ts"]
