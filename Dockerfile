# The image: one static binary and its licences. TLS roots and the time-zone database are compiled in.
#
#     docker build --build-arg REVISION="$(git rev-parse HEAD)" -t wolkvox-exporter .
#     docker run --rm -p 19655:19655 wolkvox-exporter demo

FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src

# The dependencies alone, around empty sources: a layer that only changes with them. Sections in double brackets name
# benches and tests whose files are not here yet.
COPY Cargo.toml Cargo.lock ./
COPY exposition-checker/Cargo.toml exposition-checker/
COPY benches/yardstick/Cargo.toml benches/yardstick/
COPY dashboards/workshop/Cargo.toml dashboards/workshop/
COPY rehearsal/Cargo.toml rehearsal/
RUN sed -i '/^\[\[/,/^$/d' Cargo.toml \
    && for crate in . benches/yardstick dashboards/workshop exposition-checker rehearsal; do \
        mkdir "$crate/src" && touch "$crate/src/lib.rs"; \
    done \
    && echo 'fn main() {}' | tee src/main.rs rehearsal/src/main.rs \
    && cargo build --release --locked --bin wolkvox-exporter

# The sources may be older than that layer; cargo must not take the empty ones for them.
COPY . .
ARG REVISION=unknown
RUN touch src/main.rs src/lib.rs \
    && WOLKVOX_EXPORTER_REVISION="$REVISION" cargo static \
    && mkdir /state

FROM scratch
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wolkvox-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the wolkvox contact-centre cloud" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
COPY LICENSE-MIT LICENSE-APACHE /
# For --storage.path: a volume that is new takes its owner from here.
COPY --from=build --chown=65532:65532 /state /var/lib/wolkvox-exporter
COPY --from=build /src/target/release/wolkvox-exporter /wolkvox-exporter
USER 65532:65532
EXPOSE 19655
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/wolkvox-exporter", "healthcheck"]
ENTRYPOINT ["/wolkvox-exporter"]
