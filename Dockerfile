FROM golang:1.26 AS build
WORKDIR /src
# The modules first: they change less often than the code.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=${VERSION}" -o /deductor ./cmd/deductor

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /deductor /deductor
# Workers listen on all of the container's addresses; healthcheck asks the same one.
ENV DEDUCTOR_ADMIN_ADDR=:8321
EXPOSE 8321
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/deductor", "healthcheck"]
ENTRYPOINT ["/deductor"]
CMD ["run"]
