"""Upstreams to run the gateway against: users, orders, recommendations, a local Lambda; faults on demand.

``python -m services.mock users --port 9101`` serves one, ``python -m services.mock all`` all of them.
The data depends on the id alone, so two runs give the same bytes.
"""
