# The gateway as an image with nothing in it but the program: docs/deploy/native.md says how it is run.
#
#   docker build -t tollbridge .

# Alpine's C library is musl, which Rust links into the program, so that it needs no other file.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p tollbridge --bin tollbridge \
    && cp target/release/tollbridge /tollbridge \
    && mkdir /data

FROM scratch
COPY --from=build /tollbridge /tollbridge
# An anonymous or named volume takes its owner from here.
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
# Everybody who reaches the container may reach the gateway, so it starts only once a key is required
# (TOLLBRIDGE_MASTER_KEY, or keys in a configuration file).
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
EXPOSE 8080
VOLUME /data
# What is not live is started anew by whoever watches; a store that is out of reach shows here too.
HEALTHCHECK --interval=30s --timeout=12s --start-period=5s CMD ["/tollbridge", "health"]
ENTRYPOINT ["/tollbridge"]
