# syntax=docker/dockerfile:1

# What builds it: the whole of the packages, and a compiler for where a native module has no binary.
FROM node:24-bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# Generates the Prisma clients and bundles server and page (`prepare`).
RUN npm ci --no-audit --no-fund
# What only builds, or is in the bundle of the page, is not run: one command, since each looks at package.json anew.
RUN npm uninstall --no-save --omit=dev --ignore-scripts --no-audit --no-fund \
      prisma esbuild gql.tada react react-dom urql @urql/exchange-graphcache uplot virtua wouter typescript \
 && find node_modules dist -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -path '*/better-sqlite3*/deps/*' \
      -o -path '*/@prisma/client/runtime/*' \( -name '*mysql*' -o -name '*sqlserver*' -o -name '*cockroachdb*' \) \) -delete

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATABASE_URL=file:/data/billingwatch.db
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/billingwatch ./
COPY --from=build /app/prisma ./prisma
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The program belongs to root, the data to who runs it.
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 4000
# Alive is enough here: who is not ready is passed over by a load balancer, and restarting it would help nobody.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/billingwatch.js"]
CMD ["serve"]
