"""From settings to what signs, and what is wrong with them."""

import pytest

from gateway.compiler.signing import CredentialStores, region_of, signing_details, taken_headers
from gateway.config.signing import CredentialsSpec
from gateway.transport.credential_chain import Chain, Given
from tests.support.compiled import compiled, messages
from tests.support.lambdas import CREDENTIALS, SignedClient, store_of

ARN = "arn:aws:lambda:ap-south-1:123456789012:function:score"
ROUTES = "routes: { GET /x: { steps: { a: { get: a/x } } } }\n"


@pytest.mark.parametrize(
    ("region", "where", "found"),
    [
        ("eu-west-1", "https://abc.lambda-url.us-east-1.on.aws", "eu-west-1"),
        (None, "https://abc.lambda-url.us-east-1.on.aws/base", "us-east-1"),
        (None, ARN, "ap-south-1"),
        (None, ARN.replace("aws:", "aws-cn:", 1), "ap-south-1"),
        (None, "http://127.0.0.1:9104", None),
        (None, "score", None),
    ],
)
def test_the_region_is_said_or_told_by_where_it_is(region, where, found):
    assert region_of(region, where) == found


def test_upstreams_that_ask_for_the_same_credentials_share_a_store():
    stores = CredentialStores({})
    profile = CredentialsSpec(profile="p")

    assert stores.of(None) is stores.of(None)
    assert stores.of(profile) is stores.of(CredentialsSpec(profile="p"))
    assert stores.of(profile) is not stores.of(None)


def test_keys_that_are_given_are_those():
    stores = CredentialStores({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
    given = stores.of(CredentialsSpec(access_key_id="k", secret_access_key="s"))._finding
    chain = stores.of(None)._finding

    assert isinstance(given, Given)
    assert given(anew=False).access_key == "k"
    assert isinstance(chain, Chain)
    assert chain(anew=False).access_key == "a"


def test_headers_that_a_signature_brings_are_faults_in_any_case():
    faults = taken_headers(["Authorization", "X-Amz-Date", "x-amz-meta", "accept"])

    assert [fault.path for fault in faults] == [("headers", "Authorization"), ("headers", "X-Amz-Date")]


def test_no_region_is_a_fault():
    text = 'upstreams: { a: { url: "http://127.0.0.1:1", auth: { type: aws_iam } } }\n' + ROUTES
    assert messages(text) == ["`region` is missing"]


async def test_details_tell_all_but_secrets():
    client = SignedClient("http://127.0.0.1:1", store_of("there are none", CREDENTIALS))
    assert signing_details(client.transport)["credentials"]["state"] == "missing"
    await client.store.open(0.0)
    told = signing_details(client.transport)["credentials"]
    assert (told["state"], told["problem"]) == ("missing", "there are none")
    client.store._look()
    client.signing.refusal = "ExpiredTokenException"
    told = signing_details(client.transport)["credentials"]
    assert told == {
        "state": "refused",
        "renewals": 0,
        "access_key": "…0001",
        "origin": "the test",
        "refusal": "ExpiredTokenException",
    }
    client.store.close()


def test_a_signed_upstream_is_one_like_any_other():
    text = 'upstreams: { a: { url: "http://127.0.0.1:1", auth: { type: aws_iam, region: r } } }\n' + ROUTES
    upstream = compiled(text).upstreams["a"]

    assert upstream.direct is not None
    assert "signed for AWS" in upstream.reached.words
