"""Values that stand where a secret is expected: assigned to a password, key, token or the like, in any notation.

The names themselves are no secrets; what decides is the value. A name that says password takes almost any literal, a
name that says key or token only what a machine made up.
"""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.plausible import (
    bare_value,
    machine_made,
    machine_value,
    odd_value,
    quoted_value,
    shuffled_value,
)
from aurelis.security.rules.row import Rule

_HEX: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_MIXED: Final = "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo0Vi"

_KEY_PREFIXES: Final = (
    "api", "auth", "service", "account", "db", "database", "priv", "private", "client", "access", "encryption",
    "signing", "master", "admin", "app", "application", "consumer", "deploy", "secret", "session", "storage", "crypt",
)  # fmt: skip
_PASS_PREFIXES: Final = (
    "db", "database", "key", "user", "smtp", "mail", "admin", "root", "ftp", "mysql", "redis",
)  # fmt: skip


def _preceded(word: str, prefixes: tuple[str, ...], joints: tuple[str, ...]) -> str:
    """The word where one of the prefixes stands before it; the word is looked at first, as most places lack it."""
    return f"(?={word})(?:" + "|".join(f"(?<={prefix}{joint})" for prefix in prefixes for joint in joints) + f"){word}"


_SURE_KEY: Final = _preceded("key", _KEY_PREFIXES, ("", "_", "-", " "))
_SURE_PASS: Final = _preceded("pass", _PASS_PREFIXES, ("", "_", "-"))
_SURE: Final = (
    r"(?:passw(?:or)?d|passphrase|passcode|pwd|secret|contrase(?:ñ|n)a|(?<=mot_de_)passe|(?<=motde)passe"
    rf"|{_SURE_KEY}|{_SURE_PASS})"
)
_SURE_ANCHORS: Final = ("pass", "pwd", "secret", "key", "contrase")

_NOT_THE_VALUE: Final = (
    r"(?!(?:[\w\-.]{0,40}?(?:[_\-.]|(?-i:(?<=[a-z0-9])(?=[A-Z]))))?(?:name|names|file|files|filename|path|pa"
    r"ths|url|uri|field|fields|label|prompt|hint|type|types|"
    r"length|len|size|regex|pattern|policy|error|errors|message|msg|param|header|env|var|prefix|suffix|forma"
    r"t|help|text|"
    r"title|desc|description|placeholder|input|id|ids|ref|arn|location|version|dir|mode|class|func|callback|provider|"
    r"algorithm|algo|digest|scheme|kind|count|column|attr|attribute|template|store|store_type|changed|reset|required)"
    r"(?![a-z0-9_]))"
)
"""What a name ends with when its value only speaks about the secret."""

_SUFFIX: Final = r"[\w.\-]{0,100}?"
_CLOSE: Final = r"[\\\"'`\])]{0,3}(?:\[[0-9]{0,6}\])?"
_TYPE: Final = r"(?:[ \t]{0,4}:[ \t]{0,4}[\w.\[\]|?<>*&:]{1,40}(?: \| None)?(?=[ \t]{0,4}=))?"
_SIGN: Final = r"\s{0,100}+(?::=|=>|->|===?|!==?|\?\?=|\|\|=|\?=|\+=|=|::|:)\s{0,100}+"
_OPEN: Final = r"(?:[A-Za-z@$]{0,2}|(?:std::)?string\()(?P<quote>\\?[\"'`])"
_QUOTED: Final = r"(?P<secret>(?:(?!(?P=quote))[^\n\r]){1,300})(?P=quote)"

_LONG_WORD: Final = 10
"""Letters from which on a lone lower-case word is rather a password than the name of a variable."""


def _line_value(secret: str) -> bool:
    long_word = secret.isalpha() and secret.islower() and len(secret) >= _LONG_WORD
    return bare_value(secret) or (long_word and quoted_value(secret))


ASSIGNMENTS: Final[tuple[Rule, ...]] = (
    Rule(
        name="password-assignment",
        anchors=_SURE_ANCHORS,
        fold=True,
        reach=800,
        pattern=_SURE + _NOT_THE_VALUE + _SUFFIX + _CLOSE + _TYPE + _SIGN + _OPEN + _QUOTED,
        examples=(
            'password = "hunter2!"',
            "'db_password': 'k3rf-x9'",
            'std::string passwd = "Tr0ub4dor";',
            'password: str = "xK9-rt4"',
            '{\\"secret\\": \\"a8f3k2\\"}',
            'const apiKey = "a8f3-k2m9";',
            '$db_pass = "s3cr3t!x";',
            'my_password[] = "barr42";',
        ),
        counter_examples=(
            'password = ""',
            'password = "password"',
            'password_field = "user_password"',
            'secret_name = "prod/db-7"',
            'password = "<your password>"',
            'password = "${DB_PASSWORD}"',
            'password: "Enter your password"',
            'password = f"{prefix}{value}"',
            'password = get_password("db")',
            "password: str",
            'token = tokens["a"]',
        ),
        accept=quoted_value,
    ),
    Rule(
        name="password-argument",
        anchors=("pass", "pwd", "secret"),
        fold=True,
        pattern=r"(?:(?<![a-z0-9])|(?<=set)|(?-i:(?<=[a-z])(?=[A-Z])))(?:passw(?:or)?d|passphrase|pwd|secret)"
        r"(?:(?:\.assign)?\(|(?:(?<=_password)|(?<=_passwd)|(?<=_pwd)|(?<=_secret))[\"'],)[ \t]{0,4}" + _OPEN + _QUOTED,
        examples=('std::string secret("bar9x!k");', 'set_password("hunter2!")', 'setenv("DB_PASSWORD", "x9-kkf2")'),
        counter_examples=('getpass("Password: ")', 'get("password", "")', 'check_password("name", value)'),
        accept=lambda secret: quoted_value(secret) and any(not c.isalpha() for c in secret),
    ),
    Rule(
        name="password-statement",
        anchors=_SURE_ANCHORS,
        fold=True,
        reach=600,
        pattern=_SURE + r"[^\s\"'`]{0,80}\s{0,100}+(?P<quote>[\"'`])" + _QUOTED + r"[ \t]{0,2};",
        examples=('private_key "so9mething!";', 'set $secret "x9f-3kk";'),
        counter_examples=('return secret + "x";', 'echo password "Password: ";'),
        accept=quoted_value,
    ),
    Rule(
        name="password-comparison",
        anchors=("==", "!=", "!!", "=!"),
        fold=True,
        behind=140,
        gate=r"(?<=[\"'`\s])[!=]{2,3}\s{0,40}[\w.$>-]{0,60}?(?:pass|pwd|secret|key|contrase)",
        pattern=r"(?P<quote>[\"'`])(?P<secret>[^\"'`\n]{1,100})(?P=quote)\s{0,40}[!=]{2,3}\s{0,40}[\w.$>-]{0,60}?"
        r"(?:passw(?:or)?d|pwd|secret|api_?key|auth_?key|service_?key|account_?key|db_?key|database_?key|priv_?key|"
        r"private_?key|client_?key|db_?pass|database_?pass|key_?pass|contrase(?:ñ|n)a)",
        examples=('if "hunter2!" == my_password:',),
        counter_examples=('if "password" == kind_of_secret:', 'if x == "a" and y == password:'),
        accept=quoted_value,
    ),
    Rule(
        name="password-line",
        anchors=(*_SURE_ANCHORS, "token", "cred"),
        fold=True,
        pattern=rf"(?:{_SURE}|token|credentials?)" + _NOT_THE_VALUE + r"[\w.\-]{0,40}+" + _CLOSE
        + r"[ \t]{0,40}+(?::=|=>|={1,3}|!==?|:)[ \t]{0,40}+"
        r"(?P<secret>[^\s\"'`,;(){}\[\]<>=$][^\s\"'`,;(){}\[\]<>]{2,200}+)(?=[ \t]*(?:$|[\r\n#;\"'`]))",
        examples=("DB_PASSWORD=hunter22!", "password: k3rf-x9kk", "export API_TOKEN=" + _HEX, "secret_key := "
        + _MIXED),
        counter_examples=(
            "password=password",
            "self.password = password1_value",
            "api_key=settings.api_key_2",
            "token = next_token",
            "password: string",
            "DB_PASSWORD=$DB_PASSWORD_1",
            "secret: changeme",
        ),
        accept=bare_value,
    ),
    Rule(
        name="password-line",
        anchors=_SURE_ANCHORS,
        fold=True,
        pattern=_SURE + _NOT_THE_VALUE + r"[\w.\-]{0,80}+" + _CLOSE + r"[ \t]{0,40}+(?::=|=>|={1,3}|!==?|:)"
        r"[ \t]{0,40}+(?P<quote>[\"'`]?)(?P<secret>[^\s\"'`]{6,200}+)(?P=quote)(?=[ \t]*(?:$|[\r\n]))",
        examples=("db_password: a8(k3;Z]q!", "SECRET=x9[f,3{Kk<"),
        counter_examples=(
            "password = digest(salt_2,",
            "secret = parts[2][1:4]",
            "password: {type: String, min: 8},",
            "db_key = lambda(x1):",
        ),
        accept=odd_value,
    ),
    Rule(
        name="password-line",
        anchors=("pass", "secret", "token", "key", "pwd"),
        fold=True,
        pattern=r"(?<=[a-z0-9]_)(?:password|secret|token|key|passwd|pwd|pass)=(?P<secret>[A-Za-z0-9!@#%^&*_"
        r"+\-./~]{6,200}+)(?=[ \t]*(?:$|[\r\n]))",
        examples=("POSTGRES_PASSWORD=letmeinplease",),
        counter_examples=("POSTGRES_PASSWORD=password", "foo(api_key=api_key)", "api_key=self.key"),
        accept=_line_value,
    ),
    Rule(
        name="key-assignment",
        anchors=("key", "token", "auth", "cred", "pass", "pwd", "secret"),
        fold=True,
        pattern=r"(?:key|token|auth|credentials?|creds?|pass|passw(?:or)?d|pwd|secret)"
        r"[\w.\-]{0,40}" + _CLOSE + _TYPE + r"\s{0,40}+(?::=|=>|={1,3}|!==?|::|:|,|\(|(?<=[ \t]))\s{0,40}+(?"
        r":[A-Za-z@$]{0,2}\\?[\"'`])?"
        r"(?P<secret>[A-Za-z0-9+/_\-.~!@#%^&*]{16,400}+={0,2}+)(?![A-Za-z0-9+/_\-.~=!@#%^&*(\[])",
        examples=('token = "' + _MIXED + '"', "auth: " + _HEX, "api.key(" + '"' + _MIXED
        + '")', "session_token=" + _HEX),
        counter_examples=(
            "cache_key = make_key_for_the_present_user(1)",
            'key = "settings.editor.font-size"',
            'token_type = "urn:ietf:params:oauth:token-type:jwt"',
            "auth = some_module.AuthenticationHandler2",
        ),
        entropy=2.6,
        accept=machine_value,
    ),
    Rule(
        name="random-string",
        anchors=(),
        behind=90,
        pattern=r"(?P<quote>[\"'`])(?P<secret>[A-Za-z0-9+/_\-]{28,120}={0,2})(?P=quote)",
        examples=('client = Client("' + _MIXED + '")', "send('x', '" + _MIXED[:32] + "')"),
        counter_examples=(
            'ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"',
            '"integrity": "sha512-' + _MIXED + _MIXED[:30] + '=="',
            'from_pretrained("Qwen2.5-Coder-32B-Instruct-GPTQ-Int4-v2")',
            'import("./components/DatePicker2/DatePickerWithRange3")',
        ),
        entropy=4.3,
        accept=shuffled_value,
    ),
)  # fmt: skip
"""From the surest to the vaguest."""

__all__ = ["ASSIGNMENTS", "machine_made"]
