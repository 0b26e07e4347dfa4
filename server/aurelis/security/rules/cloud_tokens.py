"""Keys of clouds, databases and infrastructure, in the shapes that their makers document."""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.row import CONNECT, CONNECT_REACH, RIGHT, Rule, token

_HEX: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_MIXED: Final = "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo0Vi"
_BASE64: Final = "q7Zt2Lm/9vRb4KcW8+Nd1HgY5pJf3TaE6uQo0ViB"

_SOFTLAYER_VALUE: Final = r"(?P<secret>[a-z0-9]{64})" + RIGHT


def _no_name(secret: str) -> bool:
    digits = sum(character.isdigit() for character in secret)
    return digits > 1 or secret.lower() != secret != secret.upper()


CLOUD_TOKENS: Final[tuple[Rule, ...]] = (
    token("aws-access-key", "AKIA ASIA ABIA ACCA AGPA AIDA AROA AIPA ANPA ANVA", r"[A-Z0-9]{16}" + RIGHT,
          "AKIA" + "Q7ZXRN4TLWM2VKP9"),
    token("aws-access-key", "A3T", r"[A-Z0-9]{17}" + RIGHT, "A3TX" + "Q7ZXRN4TLWM2VKP9"),
    Rule(
        name="aws-secret-key",
        anchors=("aws",),
        fold=True,
        pattern=r"aws[^\n]{0,20}?(?:key|pwd|pw|password|pass|token)[^\n]{0,22}?"
        r"(?<![A-Za-z0-9/+])(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        examples=('aws_secret_access_key = "' + _BASE64 + '"', "AWS_SECRET_ACCESS_KEY=" + _BASE64),
        counter_examples=("aws_key = os.environ['AWS_SECRET_ACCESS_KEY_FOR_THE_SERVICE']",),
        entropy=3.0,
    ),
    Rule(
        name="aws-secret-key",
        anchors=("secret",),
        fold=True,
        pattern=r"secret_?(?:access)?_?key" + CONNECT + r"(?P<secret>[A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])",
        examples=('"SecretAccessKey": "' + _BASE64 + '"',),
        entropy=3.0,
    ),
    Rule(
        name="aws-account",
        anchors=("account",),
        fold=True,
        pattern=r"(?:(?<=aws)|(?<=aws_)|(?<![a-z0-9]))account_?(?:id)?" + CONNECT
        + r"(?P<secret>\d{4}-?\d{4}-?\d{4})" + RIGHT,
        examples=('aws_account_id = "4821' + '-9034-7715"', "AWS_ACCOUNT=4821" + "90347715"),
        counter_examples=("account_id = 42", "account = accounts[0]"),
    ),
    token("aws-bedrock-key", "ABSK", r"[A-Za-z0-9+/]{109,269}={0,2}", "ABSK" + _MIXED * 3, in_run=False),
    token("google-api-key", "AIza", r"[\w-]{35}(?![\w-])", "AIza" + _MIXED[:35]),
    token("google-oauth-secret", "GOCSPX-", r"[\w-]{28}(?![\w-])", "GOCSPX-" + _MIXED[:28]),
    token("google-oauth-token", "ya29.", r"[\w-]{20,1000}", "ya29." + _MIXED, reach=1_100),
    Rule(
        name="azure-storage-key",
        anchors=("key",),
        fold=True,
        pattern=r"(?:(?<=account)|(?<=sharedaccess))key\s?[=:]\s?(?P<secret>[a-z0-9+/=]{40,100})",
        examples=("AccountKey=" + _BASE64 + _BASE64 + "aB3/9x==",),
        counter_examples=("AccountKey=<your account key>",),
    ),
    Rule(
        name="azure-signature",
        anchors=("sig=",),
        pattern=r"(?<=[?&])sig=(?P<secret>[A-Za-z0-9%+/]{40,120}(?:%3D|=){0,2})",
        examples=("https://host.example/c?sv=2024-11-04&sig=" + _MIXED + "b2%3D",),
    ),
    Rule(
        name="azure-client-secret",
        anchors=("Q~",),
        behind=4,
        pattern=r"(?<![A-Za-z0-9_.~\-])[A-Za-z0-9_.~\-]{3}[5-8]Q~[A-Za-z0-9_.~\-]{31,34}(?![A-Za-z0-9_.~\-])",
        examples=("k3x8Q~" + _MIXED[:32],),
    ),
    Rule(
        name="ibm-cloud-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"(?:key|pwd|password|pass|token)" + CONNECT + r"(?P<secret>[\w\-]{44})(?![\w\-])",
        examples=("ibm_cloud_api_key = '" + _MIXED + "a1_b2'",),
        counter_examples=("key = some_rather_long_name_of_a_function_in_a_mod1",),
        entropy=3.9,
        accept=_no_name,
    ),
    Rule(
        name="ibm-storage-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"secret[-_]?(?:access)?[-_]?key" + CONNECT + r"(?P<secret>[a-f0-9]{48})" + RIGHT,
        examples=("cos_hmac_secret_access_key: " + _HEX + _HEX[:16],),
    ),
    Rule(
        name="softlayer-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"(?<![a-z0-9])(?:softlayer|sl)[-_]?(?:api)?[-_]?(?:key|pwd|password|pass|token)" + CONNECT
        + _SOFTLAYER_VALUE,
        examples=("sl_api_key = " + _HEX + _HEX,),
    ),
    Rule(
        name="softlayer-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"softlayer.com/soap/v3(?:.1)?/" + _SOFTLAYER_VALUE,
        examples=("https://api.softlayer.com/soap/v3.1/" + _HEX + _HEX,),
    ),
    Rule(
        name="cloudant-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"(?<![a-z0-9])(?:cloudant|clou|cl)[-_]?(?:api)?(?:key|pwd|pw|password|pass|token)" + CONNECT
        + r"(?P<secret>[0-9a-f]{64}|[a-z]{24})" + RIGHT,
        examples=("cloudant_password = '" + _HEX + _HEX + "'",),
    ),
    token("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{64}" + RIGHT, "dop_v1_" + _HEX + _HEX),
    token("heroku-key", "HRKU-", r"[\w-]{36,80}", "HRKU-" + _MIXED),
    Rule(
        name="heroku-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"heroku[^\n]{0,30}?(?P<secret>(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])",
        examples=("HEROKU_API_KEY=1a2b3c4d-5e6f-4a1b-8c2d-9e0f1a2b3c4d",),
    ),
    Rule(
        name="cloudflare-key",
        anchors=(),
        behind=CONNECT_REACH,
        fold=True,
        pattern=r"(?:cloudflare|cf_api)[^\n]{0,30}?" + CONNECT
        + r"(?P<secret>[a-z0-9_-]{37,40}|v1\.0-[a-f0-9-]{100,180})(?![\w-])",
        examples=("CLOUDFLARE_API_TOKEN=" + _MIXED + "x",),
        entropy=3.5,
    ),
    token("cloudflare-origin-key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}",
          "v1.0-" + _HEX[:24] + "-" + _HEX * 4 + _HEX[:18]),
    token("vault-token", "hvs. hvb. hvr.", r"[\w-]{24,300}", "hvs." + _MIXED * 2),
    token("databricks-token", "dapi", r"[A-Fa-f0-9]{32}(?:-\d)?" + RIGHT, "dapi" + _HEX),
    token("planetscale-token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.=\-]{32,64}", "pscale_tkn_" + _MIXED),
    token("grafana-token", "glc_ glsa_", r"[A-Za-z0-9+/_]{32,400}={0,2}", "glsa_" + _MIXED[:32] + "_0a1b2c3d",
          reach=500, in_run=False),
    token("vercel-token", "vcp_ vci_ vca_ vcr_ vck_", r"[A-Za-z0-9]{20,60}" + RIGHT, "vcp_" + _MIXED[:24]),
    token("netlify-token", "nfp_", r"[A-Za-z0-9_]{36,64}", "nfp_" + _MIXED),
    token("supabase-key", "sbp_ sb_secret_", r"[A-Za-z0-9_\-]{31,60}", "sbp_" + _HEX + _HEX[:8]),
    token("alibaba-key", "LTAI", r"[A-Za-z0-9]{17,21}" + RIGHT, "LTAI" + _MIXED[:20]),
    token("tencent-key", "AKID", r"[A-Za-z0-9]{32}" + RIGHT, "AKID" + _MIXED[:32]),
    token("scaleway-key", "SCW", r"[A-Z0-9]{17}" + RIGHT, "SCW" + "Q7ZXRN4TLWM2VKP9A"),
    token("doppler-token", "dp.pt. dp.st. dp.ct. dp.sa.", r"[\w.\-]{40,80}", "dp.pt." + _MIXED + "4abc"),
    token("new-relic-key", "NRAK- NRJS- NRII- NRAL-", r"[A-Za-z0-9_\-]{19,64}",
          "NRAK-" + "Q7ZXRN4TLWM2VKP9ABCDEFGHIJK"),
    token("dynatrace-token", "dt0c01. dt0s16.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}" + RIGHT,
          "dt0c01." + "Q7ZXRN4TLWM2VKP9ABCDEFGH." + "Q7ZXRN4TLWM2VKP9" * 4),
    Rule(
        name="gcp-service-account-key",
        anchors=(),
        behind=CONNECT_REACH,
        pattern=r"private_key_id\\?[\"']\s?:\s?\\?[\"'](?P<secret>[0-9a-f]{40})" + RIGHT,
        examples=('"private_key_id": "' + _HEX + _HEX[:8] + '"',),
    ),
)  # fmt: skip
"""One row each; the bodies of the examples are typed at random."""
