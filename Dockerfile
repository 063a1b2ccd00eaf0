# A fleet of virtual ONVIF cameras that can be reached from outside the container.
#
#   docker build -t camfleet .
#   docker run --rm -e CAMFLEET_PASSWORD=choose-one -p 8800:8800 -p 20010-20049:20010-20049 camfleet
#
# The password is asked for because the cameras are bound beyond loopback. The
# first lines of the log hold the token of the control API and the dashboard.

FROM golang:1.26-bookworm AS build
RUN apt-get update -q \
 && apt-get install -qy --no-install-recommends libssl-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The larger TPM profile (RSA-3072 and RSA-4096), as `make build` has it.
RUN CGO_CFLAGS="-g -O2 -include /src/sim/internal/tpm/host/profile.h" \
    go build -trimpath -buildvcs=false -ldflags "-s -w" -o /camfleet ./cmd/camfleet

FROM debian:bookworm-slim
RUN apt-get update -q \
 && apt-get install -qy --no-install-recommends libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/camfleet camfleet
COPY --from=build /camfleet /usr/local/bin/camfleet
USER camfleet
WORKDIR /var/lib/camfleet
ENV CAMFLEET_BIND=0.0.0.0 \
    CAMFLEET_CONTROL=0.0.0.0:8800
# Control API, dashboard and issuer; the ports of four cameras; discovery.
EXPOSE 8800 20010-20049 3702/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["camfleet", "healthcheck"]
ENTRYPOINT ["camfleet"]
CMD ["up"]
