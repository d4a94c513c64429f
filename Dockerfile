# The gateway as an image: built in one stage, run in another without build tools, as a user without rights.
#   docker build -t fanin-gateway .
#   docker run --rm -p 8080:8080 -v ./gateway.yaml:/etc/gateway/gateway.yaml:ro fanin-gateway
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
WORKDIR /src
RUN python -m venv /opt/gateway
COPY pyproject.toml setup.py constraints.txt README.md LICENSE ./
COPY config config
COPY gateway gateway
COPY services services
# The second builds what every request passes through with a compiler, which does not get into the image.
RUN python -m pip install --no-cache-dir --disable-pip-version-check -c constraints.txt mypy setuptools \
 && GATEWAY_COMPILE=1 python -m pip wheel --no-cache-dir --no-deps --no-build-isolation -w /wheels . \
 && /opt/gateway/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt "$(ls /wheels/*.whl)[otlp]"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gateway
COPY --from=build /opt/gateway /opt/gateway
COPY config/gateway.yaml /etc/gateway/gateway.yaml
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1
# by number, so that Kubernetes can see that it is not root
USER 10001
EXPOSE 8080
# /health/ready knows only this process: an upstream that is ill must not get the gateway restarted
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/ready', timeout=2)"]
ENTRYPOINT ["gateway"]
# The admin listener stays on the container's loopback: docker exec reaches it, the network does not.
CMD ["run", "/etc/gateway/gateway.yaml", "--host", "0.0.0.0", "--port", "8080"]
