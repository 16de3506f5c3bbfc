# One image for the three services: its argument says which, such as `dist/view-svc/main.js`.
# test/deploy/image.test.ts follows these lines without a container engine; it knows no other instructions than these.

FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY tsconfig.json tsconfig.build.json ./
COPY gen gen
COPY runtime runtime
COPY heartbeat-svc heartbeat-svc
COPY state-svc state-svc
COPY view-svc view-svc
RUN node_modules/.bin/tsc -p tsconfig.build.json
RUN cp gen/descriptors.binpb dist/gen/

# No install script runs (.npmrc): on Kafka and MongoDB nobody loads better-sqlite3, the one package that has to be built.
# The optional packages are buf's binaries.
FROM node:20.20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress --omit=dev --omit=optional

FROM node:20.20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
# By number, so that Kubernetes can tell that it is not root. The files stay root's: a service changes none of them.
USER 1000:1000
EXPOSE 50051 50052 50053
ENTRYPOINT ["node"]
CMD ["dist/heartbeat-svc/main.js"]
