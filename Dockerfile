# One static binary and nothing else: no shell, no libc, no package to keep up to date.
#
#   docker build -t starling .
#   docker run -p 6969:6969/tcp -p 6969:6969/udp starling
#
# The operators' server (metrics, health, profiles) listens on the container's own loopback address.
# Where it is to be reached, say so: -e STARLING_OPS_LISTEN=:6880, and publish that port to nobody
# else. There is no HEALTHCHECK, as the image holds no program to ask with: let the orchestrator ask
# /livez and /readyz there.

FROM golang:1.26-bookworm AS build
WORKDIR /src
# The modules are a layer of their own, so that a change of code does not fetch them again.
COPY go.mod go.sum ./
RUN go mod download
# With .git, so that "starling version" knows its revision.
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /out/starling ./cmd/starling

FROM scratch
COPY --from=build /out/starling /starling
# A number, so that Kubernetes can tell that it is not root's (runAsNonRoot).
USER 65532:65532
EXPOSE 6969/tcp 6969/udp
ENTRYPOINT ["/starling"]
CMD ["serve"]
