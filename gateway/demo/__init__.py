"""The demo: services, a database, a cache and a gateway in front of them, all children of one supervisor.

Stands beside the command line, above everything else; the gateway knows nothing of it. Its configuration is
``config/gateway.yaml``: ``gateway.yaml`` here is a link to it, which a wheel contains as a copy, so that
checkout and installation find it in the same place.
"""

from gateway.demo.run import run_demo

__all__ = ["run_demo"]
