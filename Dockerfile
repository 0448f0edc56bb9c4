# The dependencies that the service runs on, and no other; the devDependencies hold a Node of their own.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production \
    RETRIGGER_LISTEN_IP=0.0.0.0 \
    RETRIGGER_DATA_DIR=/data
WORKDIR /app
# OpenShift runs the image as a random user of group 0; the group is what all of them share.
RUN install --directory --owner=1000 --group=0 --mode=0770 /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY rules ./rules
# By number: a cluster that demands runAsNonRoot cannot tell what a name stands for.
USER 1000:0
VOLUME ["/data"]
EXPOSE 5000
STOPSIGNAL SIGTERM
# The check reads the same settings as the service, so it asks the right address and port. Docker treats any exit code but 0 as unhealthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "src/main.ts", "healthcheck"]
# The exec form makes node the process that gets SIGTERM; through a shell or npm it would be killed instead.
# With V8's own limit for new objects, loading 20,000 documents takes half as much memory again (test/bench/measure-start.ts).
CMD ["node", "--max-semi-space-size=8", "src/main.ts", "serve"]
