"""What others make of a request's signature: botocore, and the mock's strict verifier."""

import calendar
import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from gateway.transport.credentials import Credentials
from gateway.transport.sigv4 import Signer
from services.mock.signatures import Key, Signed, Verifier

PLAIN = Credentials("AKIDEXAMPLEEXAMPLE01", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIAEXAMPLEEXAMPLE02", "q5jdIs3cr3t/K7MDENG+bPxRfiCYOTHERKEY", "FwoGZ+/IvYX" * 50)
HOST = "abc123.lambda-url.eu-west-1.on.aws"


def block(headers):
    """Ready lines of *headers*."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")


def parsed(lines):
    """Header lines as names and values, in the order they stand in."""
    pairs = (line.partition(b": ") for line in lines.split(b"\r\n") if line)
    return [(name.decode().lower(), value.decode("latin-1")) for name, _, value in pairs]


def by_botocore(method, target, headers, body, credentials, service="lambda", host=HOST, scheme="https"):
    """The header lines that botocore adds, in lower case, and when it signed."""
    auth = {"s3": S3SigV4Auth}.get(service, SigV4Auth)
    boto = BotoCredentials(credentials.access_key, credentials.secret_key, credentials.token or None)
    url = f"{scheme}://{host}{target.decode()}"
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
    auth(boto, service, "eu-west-1").add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    stamp = sent["x-amz-date"]
    return sent, calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def link_by_botocore(target, credentials, service):
    """A target with botocore's signature in its query, good for 300 s, and when it signed."""
    auth = {"s3": S3SigV4QueryAuth}.get(service, SigV4QueryAuth)
    boto = BotoCredentials(credentials.access_key, credentials.secret_key, credentials.token or None)
    request = AWSRequest(method="GET", url=f"https://{HOST}{target.decode()}")
    auth(boto, service, "eu-west-1", 300).add_auth(request)
    stamp = dict(parse_qsl(urlsplit(request.url).query))["X-Amz-Date"]
    return request.url.removeprefix(f"https://{HOST}"), calendar.timegm(
        time.strptime(stamp, "%Y%m%dT%H%M%SZ")
    )


def by_us(method, target, headers, body, credentials, when, service="lambda", host=HOST):
    """The header lines that our signer adds."""
    signer = Signer("eu-west-1", service, host)
    return dict(parsed(signer.lines(method, target, block(headers), body, credentials, when)))


def refusal(method, target, headers, body, credentials, when, service="lambda", host=HOST, changed=None):
    """What a strict verifier says against a request that we signed; ``None``: nothing."""
    signer = Signer("eu-west-1", service, host)
    lines = signer.lines(method, target, block(headers), body, credentials, when)
    sent = [("host", host), *((name.lower(), value) for name, value in headers), *parsed(lines)]
    request = replace(Signed(method, target.decode(), sent, body), **(changed or {}))
    keys = [Key(each.access_key, each.secret_key, each.token) for each in (PLAIN, TEMPORARY)]
    return Verifier(keys, "eu-west-1", service).refusal(request, datetime.fromtimestamp(when, UTC))
