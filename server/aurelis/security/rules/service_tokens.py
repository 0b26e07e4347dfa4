"""Keys of services that programs call: models, messages, payments, mail."""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.row import LEFT, RIGHT, Rule, token

_HEX: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_MIXED: Final = "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo0Vi"
_LOWER: Final = "k3v9x2m7q1w8z4t6p5j0h3g7f2d9s8a1l6n4b5c3r7y"

_CONNECT: Final = r"\\?[\"'`]?\]?\s{0,40}+(?:=>|:=|::|=|:|,|(?<=\s))\s{0,40}+\\?[\"'`]?"

SERVICE_TOKENS: Final[tuple[Rule, ...]] = (
    token("openai-key", "sk-", r"(?:proj|svcacct|admin|None|service)-[\w-]{20,300}", "sk-proj-" + _MIXED * 2),
    token("openai-key", "sk-", r"[\w-]{0,200}T3BlbkFJ[\w-]{20,120}", "sk-" + _MIXED[:20] + "T3BlbkFJ" + _MIXED[:20]),
    token("anthropic-key", "sk-ant-", r"[\w-]{32,200}", "sk-ant-api03-" + _MIXED * 2 + "AA"),
    token("openrouter-key", "sk-or-", r"(?:v\d-)?[\w-]{32,100}", "sk-or-v1-" + _HEX + _HEX),
    token("model-provider-key", "sk-", r"[A-Za-z0-9]{32,64}(?![\w-])", "sk-" + _MIXED[:32], entropy=3.0),
    token("huggingface-token", "hf_", r"[A-Za-z0-9]{34,40}" + RIGHT, "hf_" + _MIXED[:34]),
    token("huggingface-organisation-token", "api_org_", r"[A-Za-z0-9]{34}" + RIGHT, "api_org_" + _MIXED[:34]),
    token("groq-key", "gsk_", r"[A-Za-z0-9]{52}" + RIGHT, "gsk_" + _MIXED + _MIXED[:13]),
    token("xai-key", "xai-", r"[A-Za-z0-9]{70,90}" + RIGHT, "xai-" + _MIXED * 2),
    token("perplexity-key", "pplx-", r"[A-Za-z0-9]{40,64}" + RIGHT, "pplx-" + _MIXED + _MIXED[:9]),
    token("replicate-token", "r8_", r"[A-Za-z0-9]{37}" + RIGHT, "r8_" + _MIXED[:37]),
    token("fireworks-key", "fw_", r"[A-Za-z0-9]{22,48}" + RIGHT, "fw_" + _MIXED[:24], entropy=3.5),
    token("nvidia-key", "nvapi-", r"[\w-]{60,80}", "nvapi-" + _MIXED * 2),
    token("together-key", "tgp_v1_", r"[\w-]{40,50}", "tgp_v1_" + _MIXED + "ab12"),
    token("langsmith-key", "lsv2_pt_ lsv2_sk_", r"[0-9a-f]{32}_[0-9a-f]{10}" + RIGHT,
          "lsv2_pt_" + _HEX + "_" + _HEX[:10]),
    token("pinecone-key", "pcsk_", r"[A-Za-z0-9]{5,6}_[A-Za-z0-9]{50,90}" + RIGHT, "pcsk_" + "a1B2c_" + _MIXED * 2,
          counter_examples=("pcsk_name",)),
    Rule(
        name="slack-token",
        anchors=("xox", "xapp-"),
        pattern=LEFT + r"(?:xox[abcdeoprs][-.]|xapp-)[A-Za-z0-9%\-][A-Za-z0-9%.\-]{2,400}",
        examples=("xoxb-" + "1234567890-" + _MIXED[:24],),
        counter_examples=("xoxb-", "xoxp-...", "xapp-xxxxxxxx"),
        entropy=1.5,
        reach=500,
    ),
    Rule(
        name="slack-webhook",
        anchors=("://",),
        fold=True,
        pattern=r"://hooks.slack.com/(?:services|workflows|triggers)/(?P<secret>T[A-Za-z0-9_]{1,60}(?:/[A-Za"
        r"-z0-9_]{1,90}){1,3})",
        examples=("https://hooks.slack.com/services/T0AB12CD/B0EF34GH/" + _MIXED[:24],),
        counter_examples=("https://hooks.slack.com/services/",),
    ),
    Rule(
        name="discord-token",
        anchors=(),
        behind=34,
        pattern=r"(?<![\w-])[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,45}(?![\w-])",
        examples=("M" + _MIXED[:23] + ".Gh3x9Q." + _MIXED[:30],),
        counter_examples=("Module_for_some_long_names.module.another_function_with_a_name",),
        accept=lambda secret: sum(c.isdigit() for c in secret) > 1 or secret.count("_") <= 1,
    ),
    Rule(
        name="discord-webhook",
        anchors=(),
        behind=60,
        pattern=r"/api/webhooks/\d{17,20}/(?P<secret>[\w-]{60,80})",
        examples=("https://discord.com/api/webhooks/123456789012345678/" + _MIXED * 2,),
    ),
    Rule(
        name="telegram-token",
        anchors=(),
        behind=11,
        pattern=r"(?<!\d)\d{8,10}:[\w-]{35}(?![\w-])",
        examples=("1234567890:AA" + _MIXED[:33],),
    ),
    Rule(
        name="teams-webhook",
        anchors=("://",),
        pattern=r"://[\w-]{1,60}\.webhook\.office\.com/webhookb2/(?P<secret>[\w@/-]{60,300})",
        examples=("https://x.webhook.office.com/webhookb2/" + _HEX + "@" + _HEX + "/IncomingWebhook/" + _HEX,),
    ),
    token("stripe-key", "sk_live_ rk_live_ sk_test_ rk_test_ whsec_", r"[A-Za-z0-9+/=]{10,250}",
          "sk_live_" + _MIXED[:24]),
    Rule(
        name="twilio-key",
        anchors=(),
        pattern=r"(?<![A-Za-z0-9])(?:AC|SK)[a-z0-9]{32}" + RIGHT,
        examples=("AC" + _HEX,),
        counter_examples=("ACCELERATIONFACTORWITHALLITSNAMES1",),
        entropy=2.5,
    ),
    token("sendgrid-key", "SG.", r"[\w-]{1,128}\.[\w-]{2,200}(?![\w.(-])",
          "SG." + _MIXED[:22] + "." + _MIXED + "a1b2", in_run=False),
    Rule(
        name="mailchimp-key",
        anchors=(),
        behind=1,
        pattern=LEFT + r"[0-9a-z]{32}-us[0-9]{1,2}" + RIGHT,
        examples=(_HEX + "-us12",),
    ),
    token("mailgun-key", "key-", r"[0-9a-f]{32}" + RIGHT, "key-" + _HEX),
    token("mailgun-key", "pubkey-", r"[0-9a-f]{32}" + RIGHT, "pubkey-" + _HEX),
    token("brevo-key", "xkeysib- xsmtpsib-", r"[0-9a-f]{64}-[A-Za-z0-9]{16}" + RIGHT,
          "xkeysib-" + _HEX * 2 + "-" + _MIXED[:16]),
    token("mailersend-key", "mlsn.", r"[0-9a-f]{64}" + RIGHT, "mlsn." + _HEX * 2),
    token("resend-key", "re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{24}" + RIGHT, "re_" + "a1B2c3D4_" + _MIXED[:24]),
    token("shopify-token", "shppa_ shpca_ shpat_ shpss_ shpua_", r"[A-Za-z0-9]{32,64}" + RIGHT, "shpat_" + _HEX),
    token("square-token", "sq0csp- sq0atp- sq0idp-", r"[\w\\-]{22,60}", "sq0csp-" + _MIXED + "a1b2", in_run=False),
    token("square-token", "EAAA", r"[\w-]{60}(?![\w-])", "EAAA" + _MIXED + _MIXED[:21]),
    Rule(
        name="paypal-token",
        anchors=("token$",),
        pattern=r"(?<=access_)token\$production\$(?P<secret>[0-9a-z]{16}\$[0-9a-f]{32})" + RIGHT,
        examples=("access_token$production$" + _LOWER[:16] + "$" + _HEX,),
    ),
    token("plaid-token", "access-sandbox- access-development- access-production-",
          r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}" + RIGHT,
          "access-sandbox-1a2b3c4d-5e6f-4a1b-8c2d-9e0f1a2b3c4d"),
    token("razorpay-key", "rzp_live_ rzp_test_", r"[A-Za-z0-9]{14}" + RIGHT, "rzp_live_" + _MIXED[:14]),
    token("flutterwave-key", "FLWSECK_TEST- FLWSECK-", r"[0-9A-Za-z]{12,40}", "FLWSECK_TEST-" + _HEX),
    token("easypost-key", "EZAK EZTK", r"[A-Za-z0-9]{54}" + RIGHT, "EZAK" + _MIXED + _MIXED[:15]),
    token("duffel-token", "duffel_live_ duffel_test_", r"[\w=\-]{43}", "duffel_live_" + _MIXED + "a1b2"),
    token("airtable-token", "pat", r"[A-Za-z0-9]{14}\.[0-9a-f]{64}" + RIGHT, "pat" + _MIXED[:14] + "." + _HEX * 2),
    token("contentful-token", "CFPAT-", r"[\w-]{43}", "CFPAT-" + _MIXED + "a1b2"),
    token("typeform-token", "tfp_", r"[\w.=\-]{40,70}", "tfp_" + _MIXED + "a1b2"),
    token("posthog-key", "phx_ phs_", r"[A-Za-z0-9]{40,60}" + RIGHT, "phx_" + _MIXED + "a1b2"),
    token("shippo-token", "shippo_live_ shippo_test_", r"[a-f0-9]{40}" + RIGHT, "shippo_live_" + _HEX + _HEX[:8]),
    token("frameio-token", "fio-u-", r"[\w=\-]{60,70}", "fio-u-" + _MIXED + _MIXED[:25]),
    token("facebook-token", "EAACEdEose0cBA EAAG EAAC", r"[A-Za-z0-9]{60,300}" + RIGHT, "EAAG" + _MIXED * 2),
    Rule(
        name="okta-token",
        anchors=(),
        behind=80,
        fold=True,
        pattern=r"(?:ssws|okta[^\n]{0,30}?" + _CONNECT + r")[ \t]{0,4}(?P<secret>00[\w-]{39,42})(?![\w-])",
        examples=("Authorization: SSWS 00" + _MIXED + "x", 'okta_token = "00' + _MIXED + 'x"'),
    ),
    token("twitter-bearer-token", "AAAAAAAAAAAAAAAAAAAA", r"[A-Za-z0-9%]{60,130}", "AAAAAAAAAAAAAAAAAAAA" + _MIXED * 2),
)  # fmt: skip
"""One row each; the bodies of the examples are typed at random."""
