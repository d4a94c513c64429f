"""Who signs, and with what, as a configuration says it."""

from gateway.config import load_text


def test_credentials_are_of_the_standard_chain_unless_others_are_given():
    text = """
upstreams:
  a: { url: "https://x.lambda-url.eu-west-1.on.aws", auth: { type: aws_iam } }
  b: { url: "http://127.0.0.1:1", auth: { type: aws_iam, region: "${R}", credentials: { profile: p } } }
routes: { GET /x: { steps: { a: { get: a/x } } } }
"""
    upstreams = load_text(text, {"R": "eu-north-1"}).config.upstreams

    assert (upstreams["a"].auth.credentials, upstreams["a"].auth.region) == (None, None)
    assert (upstreams["b"].auth.credentials.profile, upstreams["b"].auth.region) == ("p", "eu-north-1")


def test_secrets_from_the_environment_are_shown_by_their_name():
    text = """
upstreams:
  a:
    lambda: { function: f, region: r, credentials: { access_key_id: "${K}", secret_access_key: "${S}" } }
routes: { GET /x: { steps: { a: { upstream: a } } } }
"""
    loaded = load_text(text, {"K": "AKIA123456", "S": "the-secret-itself"})

    assert "the-secret-itself" not in repr(loaded.config)
    assert loaded.secrets["S"] == "the-secret-itself"
