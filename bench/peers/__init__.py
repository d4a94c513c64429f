"""What the gateway is compared with: hand-written ASGI applications, served by uvicorn in the same run.

They read the three upstream addresses from ``BENCH_UPSTREAMS`` (separated by blanks).
"""
