"""Tokens of places where code, packages and work items live, in the shapes that their makers document."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from aurelis.security.rules.row import LEFT, RIGHT, Rule, token

_WORD_END: Final = r"(?![A-Za-z0-9_])"
_HEX: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_MIXED: Final = "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo0Vi"

DEVELOPER_TOKENS: Final[tuple[Rule, ...]] = (
    token("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9_]{36,255}", "ghp_" + _MIXED),
    token("github-fine-grained-token", "github_pat_", r"\w{60,255}", "github_pat_" + _MIXED + "_" + _MIXED),
    token(
        "gitlab-token",
        "glpat- gldt- glft- glsoat- glrt- glrtr- glcbt- glimt- glptt- glagent- gloas- glffct- glwt- GR1348941",
        r"[A-Za-z0-9_.\-]{20,1100}",
        "glpat-" + _MIXED[:20],
        "GR1348941" + _MIXED[:20],
        reach=1_200,
    ),
    token("bitbucket-token", "ATBB ATCTT3", r"[A-Za-z0-9_=\-]{24,300}", "ATBB" + _MIXED[:32]),
    token("atlassian-token", "ATATT3", r"[A-Za-z0-9_=\-]{50,400}", "ATATT3" + _MIXED + _MIXED, reach=500),
    token("npm-token", "npm_", r"[A-Za-z0-9_]{36}" + _WORD_END, "npm_" + _MIXED[:36]),
    Rule(
        name="npm-registry-token",
        anchors=("_auth", "_password"),
        pattern=r"(?:(?<=[:\n])|(?<![\s\S]))_(?:authToken|auth|password)[ \t]{0,40}=\s{0,100}[\"']?"
        r"(?P<secret>npm_[^\s\"'][^\n]{0,300}|[^\s\"'$][^\s\"']*)",
        reach=500,
        examples=("//npm.pkg.example/:_authToken=" + _HEX[:20],),
        counter_examples=("//npm.pkg.example/:_authToken=${NPM_TOKEN}", "_password = value", "_auth=auth"),
        accept=lambda secret: len(secret) >= 8 or any(c.isdigit() for c in secret),  # noqa: PLR2004 - a name is shorter
    ),
    token("pypi-token", "pypi-AgEIcHlwaS5vcmc pypi-AgENdGVzdC5weXBpLm9yZw", r"[\w-]{50,1000}",
          "pypi-AgEIcHlwaS5vcmc" + _MIXED + _MIXED, reach=1_100),
    token("rubygems-token", "rubygems_", r"[0-9a-f]{48}" + RIGHT, "rubygems_" + _HEX + _HEX[:16]),
    token("nuget-token", "oy2", r"[a-z0-9]{43}" + RIGHT, "oy2" + "k3v9x2m7q1w8z4t6p5j0h3g7f2d9s8a1l6n4b5c3r7y"),
    token("crates-token", "cio", r"[A-Za-z0-9]{32}" + RIGHT, "cio" + _MIXED[:32]),
    token("clojars-token", "CLOJARS_", r"[a-z0-9]{60}" + RIGHT, "CLOJARS_" + _HEX + _HEX[:28]),
    token("docker-token", "dckr_pat_ dckr_oat_", r"[\w-]{27,64}", "dckr_pat_" + _MIXED[:27]),
    Rule(
        name="artifactory-token",
        anchors=("AKC", "AP"),
        pattern=r"(?<![^\s=:\"'`,(\[])(?:AKC[A-Za-z0-9]{10,400}|AP[\dA-F][A-Za-z0-9]{8,400})(?![^\s\"'`,;:)\]])",
        examples=('"AKC' + _MIXED[:30] + '"', "AP6" + _MIXED[:20]),
        counter_examples=("APERTURE_PRIORITY", "APARTMENTNUMBER", "APActivityController()"),
        accept=lambda secret: any(c.isdigit() for c in secret) or _shuffled(secret[3:]),
    ),
    token("jfrog-reference-token", "cmVmdGtu", r"[A-Za-z0-9]{56}" + RIGHT, "cmVmdGtu" + _MIXED + _MIXED[:17]),
    token("linear-token", "lin_api_ lin_oauth_", r"\w{32,128}", "lin_api_" + _MIXED),
    token("notion-token", "ntn_", r"[0-9]{11}[A-Za-z0-9]{35}" + RIGHT, "ntn_" + "12345678901" + _MIXED[:35]),
    token("notion-old-token", "secret_", r"[A-Za-z0-9]{43}" + RIGHT, "secret_" + _MIXED + "Z1x9"),
    token("figma-token", "figd_ figo_ figdr_", r"[\w-]{40,200}", "figd_" + _MIXED + "4k"),
    token("postman-token", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}" + RIGHT, "PMAK-" + _HEX[:24] + "-" + _HEX + "ab"),
    token("sentry-token", "sntrys_ sntryu_", r"[A-Za-z0-9+/=_]{32,400}", "sntryu_" + _HEX + _HEX),
    token("sonar-token", "squ_ sqp_ sqa_", r"[0-9a-f]{40}" + RIGHT, "squ_" + _HEX + _HEX[:8]),
    token("buildkite-token", "bkua_", r"[a-z0-9]{40}" + RIGHT, "bkua_" + _HEX + _HEX[:8]),
    token("circleci-token", "CCIPAT_ CCIPRJ_", r"[A-Za-z0-9]{20,30}_[A-Za-z0-9]{40}" + RIGHT,
          "CCIPAT_" + _MIXED[:22] + "_" + _HEX + _HEX[:8]),
    token("sourcegraph-token", "sgp_ slk_", r"(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40,64}" + RIGHT,
          "sgp_" + _HEX + _HEX[:8]),
    token("pulumi-token", "pul-", r"[a-f0-9]{40}" + RIGHT, "pul-" + _HEX + _HEX[:8]),
    token("terraform-cloud-token", "atlasv1.", r"[A-Za-z0-9_\-=]{60,70}", "atlasv1." + _MIXED + _MIXED[:28]),
    Rule(
        name="terraform-cloud-token",
        anchors=(".atlasv1.",),
        behind=14,
        pattern=LEFT + r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{60,70}",
        examples=(_MIXED[:14] + ".atlasv1." + _MIXED + _MIXED[:28],),
    ),
    token("readme-token", "rdme_", r"[a-z0-9]{70}" + RIGHT, "rdme_" + _HEX + _HEX + "a1b2c3"),
    token("fly-token", "FlyV1", r"[ _][A-Za-z0-9_,+/=\-]{40,2000}", "FlyV1 fm2_" + _MIXED, reach=2_100, in_run=False),
    token("1password-token", "ops_", r"ey[A-Za-z0-9+/=_\-]{98,1300}", "ops_ey" + _MIXED * 3, reach=1_400, in_run=False),
    token("age-secret-key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}" + RIGHT, "AGE-SECRET-KEY-1" + (_HEX * 2).upper()[:58]),
)  # fmt: skip
"""One row each; the bodies of the examples are typed at random."""


def _shuffled(text: str) -> bool:
    """Whether capital and small letters change places too often for words."""
    changes = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    return changes * 5 > len(text)
