"""The tree of settings: one frozen field each, with its default, what it may be, and one line about it.

This is pure data and the one place where a setting is added: checking, the JSON schema, the editor's settings page and
docs/settings.md follow from it. Users write the names in camelCase. Every room above may read these classes.
"""

# ruff: noqa: RUF009 - setting() is attrs.field under another name: it declares a field and runs once.

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

from aurelis.config.faults import (
    ROLES,
    pattern_fault,
    provider_name_fault,
    redis_fault,
    reference_fault,
    relative_path_fault,
    route_fault,
    variable_fault,
)
from aurelis.config.findings import MOST_PROBLEMS, Problem
from aurelis.config.kinds import (
    NOTHING_SET,
    Branch,
    Choice,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    Table,
    Text,
    setting,
)
from aurelis.config.provider_settings import (
    ModelSettings,
    PriceSettings,
    ProviderLimits,
    ProviderSettings,
    SigningSettings,
    TlsSettings,
)
from aurelis.core.task import Task

__all__ = [
    "MOST_PROBLEMS",
    "TASKS",
    "AuditSettings",
    "AutomaticSettings",
    "BreakerSettings",
    "CacheSettings",
    "CodeActionSettings",
    "DiskCacheSettings",
    "HoverSettings",
    "InlineCompletionSettings",
    "InstructionSettings",
    "LogSettings",
    "MemoryCacheSettings",
    "MetricsSettings",
    "ModelSettings",
    "PriceSettings",
    "PrivacySettings",
    "Problem",
    "ProviderLimits",
    "ProviderSettings",
    "RedisCacheSettings",
    "RequestSettings",
    "RetryRule",
    "RetrySettings",
    "ReviewSettings",
    "RoutingSettings",
    "Settings",
    "SigningSettings",
    "StyleSettings",
    "TaskSettings",
    "TlsSettings",
]

TASKS: Final = tuple(task.value for task in Task)
SECONDS: Final = Number(0.05, 86_400)
LIFETIME: Final = Number(0, 31_536_000)
COUNT: Final = Number(1, 1_000_000, whole=True)
BYTES: Final = Number(65_536, 1_099_511_627_776, whole=True)


@attrs.frozen(repr=False, eq=False)
class RoutingSettings(Branch):
    """Which model answers which task."""

    priority: Literal["preference", "performance", "cost"] = setting(
        "preference", Choice(("preference", "performance", "cost")), "What decides among the models that can do a task."
    )
    tasks: Mapping[str, tuple[str, ...]] = setting(
        NOTHING_SET,
        MapOf(ListOf(Text("a model or a role", fault=route_fault), 20, single=True), TASKS, key="task"),
        "Per task, the models (`provider/model`) or roles to ask, best first.",
    )
    hedging: bool = setting(
        False, Flag(), "Ask the next model too when the first is unusually slow, and keep the faster answer."
    )


@attrs.frozen(repr=False, eq=False)
class TaskSettings(Branch):
    """How one task is asked; None leaves the task's own default."""

    temperature: float | None = setting(None, Number(0, 2), "Sampling temperature.")
    max_tokens: int | None = setting(None, COUNT, "Longest answer.", unit="tokens")
    answer_seconds: float | None = setting(None, SECONDS, "Time for a whole answer.", unit="seconds")
    system_prompt: str | None = setting(
        None, Text(longest=10_000), "Text that replaces the task's own system prompt.", repr=False
    )
    min_confidence: float | None = setting(
        None, Number(0, 1), "Below this confidence you are asked before a change is applied."
    )


@attrs.frozen(repr=False, eq=False)
class StyleSettings(Branch):
    """How answers should be written; None says nothing about it."""

    framework: str | None = setting(None, Text(longest=200), "Framework that the code uses.")
    style: str | None = setting(None, Text(longest=200), "Programming style, for example functional.")
    complexity: str | None = setting(None, Text(longest=200), "How elaborate code and explanations may be.")
    target_audience: str | None = setting(None, Text(longest=200), "Whom explanations are for.")
    code_style: str | None = setting(None, Text(longest=200), "Code style to follow, for example PEP 8.")
    documentation_format: str | None = setting(None, Text(longest=200), "Form of documentation, for example Google.")


@attrs.frozen(repr=False, eq=False)
class InstructionSettings(Branch):
    """Files of the workspace that are put before every prompt; read in trusted workspaces only."""

    files: tuple[str, ...] = setting(
        ("AGENTS.md", ".github/copilot-instructions.md", "CLAUDE.md"),
        ListOf(Text("a path inside the workspace", fault=relative_path_fault), 20),
        "Files of the workspace that hold instructions for models; read in trusted workspaces only.",
    )
    max_chars: int = setting(
        8_000, Number(0, 10_000, whole=True), "Most that is taken from all of them together.", unit="characters"
    )


@attrs.frozen(repr=False, eq=False)
class AutomaticSettings(Branch):
    """What may happen without being asked for: ghost text and automatic hover."""

    remote: Literal["ask", "allow", "never"] = setting(
        "ask",
        Choice(("ask", "allow", "never")),
        "Whether automatic features may use a provider that is not on this machine.",
        cautious="ask",
    )
    daily_usd: float = setting(
        1.0, Number(0, 100_000), "Automatic features stop for the day at this sum.", unit="US dollars"
    )


@attrs.frozen(repr=False, eq=False)
class InlineCompletionSettings(Branch):
    """Ghost text."""

    enabled: bool = setting(True, Flag(), "Offer completions, automatic and invoked.")
    trigger: Literal["automatic", "manual"] = setting(
        "automatic", Choice(("automatic", "manual")), "Complete while typing, or only when invoked."
    )
    debounce_ms: Literal["adaptive"] | float = setting(
        "adaptive",
        Either((Choice(("adaptive",)), Number(0, 10_000))),
        "Pause in typing before a model is asked; adaptive follows the typist.",
        unit="milliseconds",
    )
    max_lines: int = setting(20, Number(1, 200, whole=True), "Longest completion.", unit="lines")
    alternatives: int = setting(1, Number(1, 5, whole=True), "Completions to ask for when invoked.")
    languages: Mapping[str, bool] = setting(
        NOTHING_SET, MapOf(Flag(), key="language"), "Languages (by the editor's identifier) to switch on or off."
    )


@attrs.frozen(repr=False, eq=False)
class HoverSettings(Branch):
    """Hover over identifiers."""

    mode: Literal["onDemand", "automatic", "off"] = setting(
        "onDemand", Choice(("onDemand", "automatic", "off")), "Show kept explanations only, ask a model, or neither."
    )


@attrs.frozen(repr=False, eq=False)
class CodeActionSettings(Branch):
    """Entries of the editor's menu of actions."""

    enabled: bool = setting(True, Flag(), "Offer code actions.")
    kinds: tuple[str, ...] = setting(
        ("quickfix", "refactor.rewrite", "source.aurelis"),
        ListOf(Text("a code action kind", longest=200), 50),
        "Kinds of code action to offer, sub-kinds included.",
    )


@attrs.frozen(repr=False, eq=False)
class ReviewSettings(Branch):
    """Reviews that end as diagnostics."""

    on_save: bool = setting(False, Flag(), "Review a file whenever it is saved.")


@attrs.frozen(repr=False, eq=False)
class RequestSettings(Branch):
    """Limits of every request."""

    max_concurrent: int = setting(10, Number(1, 1000, whole=True), "Requests under way at once.")
    max_per_model: int = setting(5, Number(1, 1000, whole=True), "Requests under way at once to one model.")
    timeout_seconds: float = setting(
        60.0, SECONDS, "Time to the first token, retries and fallbacks included.", unit="seconds"
    )
    chunk_seconds: float = setting(45.0, SECONDS, "Longest silence within an answer.", unit="seconds")
    answer_seconds: float = setting(600.0, SECONDS, "Time for a whole answer.", unit="seconds")
    connect_timeout_seconds: float = setting(10.0, SECONDS, "Time to connect.", unit="seconds")
    max_prompt_chars: int = setting(50_000, Number(1_000, 10_000_000, whole=True), "Longest prompt.", unit="characters")
    max_system_prompt_chars: int = setting(
        10_000, Number(500, 1_000_000, whole=True), "Longest system prompt.", unit="characters"
    )
    daily_budget_usd: float | None = setting(
        None, Number(0, 1_000_000), "Everything stops for the day at this sum; none means no limit.", unit="US dollars"
    )


@attrs.frozen(repr=False, eq=False)
class MemoryCacheSettings(Branch):
    """Answers kept in this process."""

    enabled: bool = setting(True, Flag(), "Keep answers in memory.")
    entries: int = setting(1000, Number(1, 1_000_000, whole=True), "Answers kept.")
    ttl_seconds: float = setting(300.0, LIFETIME, "How long an answer is kept.", unit="seconds")
    max_bytes: int = setting(52_428_800, BYTES, "Memory that answers may take.", unit="bytes")


@attrs.frozen(repr=False, eq=False)
class RedisCacheSettings(Branch):
    """Answers shared by a team."""

    url: str | None = setting(
        None,
        Text("a Redis address such as rediss://host:6379/0", fault=redis_fault),
        "Address of a Redis server; none switches this layer off.",
        repr=False,
    )
    ttl_seconds: float = setting(3600.0, LIFETIME, "How long an answer is kept.", unit="seconds")
    max_bytes: int = setting(1_073_741_824, BYTES, "What the team may keep there at once, about.", unit="bytes")
    key_env: str | None = setting(
        None,
        Text("the name of an environment variable", 128, variable_fault),
        "Environment variable with the key that kept answers are sealed with.",
    )


@attrs.frozen(repr=False, eq=False)
class DiskCacheSettings(Branch):
    """Answers kept on this machine."""

    enabled: bool = setting(True, Flag(), "Keep answers on disk.")
    path: str | None = setting(None, Text("a folder"), "Folder for them; none means the platform's own cache folder.")
    ttl_seconds: float = setting(86_400.0, LIFETIME, "How long an answer is kept.", unit="seconds")
    max_bytes: int = setting(1_073_741_824, BYTES, "Disk space that answers may take.", unit="bytes")


@attrs.frozen(repr=False, eq=False)
class CacheSettings(Branch):
    """Where finished answers are kept, and how long."""

    memory: MemoryCacheSettings = setting(MemoryCacheSettings(), Table(MemoryCacheSettings), "In this process.")
    redis: RedisCacheSettings = setting(RedisCacheSettings(), Table(RedisCacheSettings), "Shared by a team.")
    disk: DiskCacheSettings = setting(DiskCacheSettings(), Table(DiskCacheSettings), "On this machine.")
    ttl_by_task: Mapping[str, float] = setting(
        MappingProxyType(
            {
                "code_generation": 1800.0,
                "completion": 600.0,
                "documentation": 3600.0,
                "explanation": 7200.0,
                "refactoring": 1800.0,
                "optimization": 1800.0,
                "testing": 1800.0,
                "fix": 1800.0,
                "review": 1800.0,
                "complex_reasoning": 3600.0,
                "general": 1800.0,
            }
        ),
        MapOf(LIFETIME, TASKS, key="task"),
        "How long answers to a task are good for.",
        unit="seconds",
    )


@attrs.frozen(repr=False, eq=False)
class BreakerSettings(Branch):
    """When a failing model is left alone."""

    failure_threshold: int = setting(5, Number(1, 1000, whole=True), "Failures in a row after which a model rests.")
    recovery_seconds: float = setting(60.0, SECONDS, "How long it rests.", unit="seconds")
    half_open_calls: int = setting(3, Number(1, 100, whole=True), "Trial requests before it is trusted again.")


@attrs.frozen(repr=False, eq=False)
class RetryRule(Branch):
    """How one kind of failure is tried again."""

    attempts: int = setting(3, Number(1, 20, whole=True), "Tries in all, the first included.")
    base: float = setting(0.1, Number(0, 3600), "First wait.", unit="seconds")
    max: float = setting(5.0, Number(0, 3600), "Longest wait.", unit="seconds")


@attrs.frozen(repr=False, eq=False)
class RetrySettings(Branch):
    """How failures are tried again."""

    rate_limit: RetryRule = setting(RetryRule(6, 1.0, 60.0), Table(RetryRule), "After 429.")
    connection: RetryRule = setting(RetryRule(4, 0.5, 10.0), Table(RetryRule), "After a failure of the network.")
    server: RetryRule = setting(RetryRule(3, 0.1, 5.0), Table(RetryRule), "After a failure of the server (5xx).")
    exponential_base: float = setting(2.0, Number(1, 10), "Each wait is so many times the one before.")
    jitter: float = setting(0.25, Number(0, 1), "Share of a wait that is left to chance.")
    total_seconds: float = setting(60.0, SECONDS, "Time for all tries together.", unit="seconds")


@attrs.frozen(repr=False, eq=False)
class AuditSettings(Branch):
    """The log of what was sent, when and where."""

    enabled: bool = setting(True, Flag(), "Keep an audit log.")
    required: bool = setting(False, Flag(), "Refuse requests while the audit log cannot be written.")
    path: str | None = setting(None, Text("a folder"), "Folder for it; none means the platform's own state folder.")
    level: Literal["info", "warning", "high"] = setting(
        "info", Choice(("info", "warning", "high")), "Least severity that is kept."
    )
    user_id: str | None = setting(None, Text(longest=200), "Who is named in each line.")
    content: bool = setting(False, Flag(), "Keep prompts and answers too, redacted as they were.")


@attrs.frozen(repr=False, eq=False)
class PrivacySettings(Branch):
    """What may leave the machine."""

    secrets: Literal["redact", "block", "off"] = setting(
        "redact",
        Choice(("redact", "block", "off")),
        "What happens to secrets in a prompt: replaced, refused, or sent.",
        cautious="redact",
    )
    patterns: Mapping[str, str] = setting(
        NOTHING_SET,
        MapOf(Text("a regular expression", 500, pattern_fault), numbered=True, longest=100),
        "Regular expressions of your own for secrets, by name.",
        repr=False,
    )
    exclude: tuple[str, ...] = setting(
        (),
        ListOf(Text("a pattern as in .gitignore"), 500),
        "Files that never leave the machine, as patterns of .gitignore; keys and `.env` files never do anyway.",
    )
    respect_ignore_files: bool = setting(
        True, Flag(), "Treat files that .gitignore and its kin name as excluded.", cautious=True
    )
    audit: AuditSettings = setting(AuditSettings(), Table(AuditSettings), "The log of what was sent.")


@attrs.frozen(repr=False, eq=False)
class MetricsSettings(Branch):
    """Figures for monitoring."""

    prometheus_port: int | None = setting(
        None,
        Number(0, 65_535, whole=True),
        "Loopback port where Prometheus may read; 0 takes a free one, none switches it off.",
    )
    otel: bool = setting(False, Flag(), "Report to OpenTelemetry, as its own environment variables say.")


@attrs.frozen(repr=False, eq=False)
class LogSettings(Branch):
    """The server's own log."""

    level: Literal["error", "warning", "info", "debug"] = setting(
        "warning", Choice(("error", "warning", "info", "debug")), "How much is logged to stderr."
    )


@attrs.frozen(repr=False, eq=False)
class Settings(Branch):
    """Everything that a user can decide."""

    provider: str = setting(
        "auto",
        Either((Choice(("auto",)), Text("a provider name", fault=provider_name_fault))),
        "The provider to use, or `auto`: one that you configured or signed in to, a model server on this machine, "
        "the sandbox, in this order.",
    )
    providers: Mapping[str, ProviderSettings] = setting(
        NOTHING_SET,
        MapOf(Table(ProviderSettings), key="name", longest=50, fault=provider_name_fault),
        "Your providers by name.",
    )
    models: Mapping[str, tuple[str, ...]] = setting(
        NOTHING_SET,
        MapOf(ListOf(Text("a model", fault=reference_fault), 20, single=True), ROLES, key="role"),
        "Per role, a model (`provider/model`) or an ordered list of them.",
    )
    routing: RoutingSettings = setting(RoutingSettings(), Table(RoutingSettings), "Which model answers which task.")
    tasks: Mapping[str, TaskSettings] = setting(
        MappingProxyType(dict.fromkeys(TASKS, TaskSettings())),
        MapOf(Table(TaskSettings), TASKS, key="task"),
        "How each task is asked.",
    )
    style: StyleSettings = setting(StyleSettings(), Table(StyleSettings), "How answers should be written.")
    instructions: InstructionSettings = setting(
        InstructionSettings(), Table(InstructionSettings), "Instruction files of the workspace."
    )
    automatic: AutomaticSettings = setting(
        AutomaticSettings(), Table(AutomaticSettings), "Ghost text and automatic hover."
    )
    inline_completion: InlineCompletionSettings = setting(
        InlineCompletionSettings(), Table(InlineCompletionSettings), "Ghost text."
    )
    hover: HoverSettings = setting(HoverSettings(), Table(HoverSettings), "Hover over identifiers.")
    code_actions: CodeActionSettings = setting(CodeActionSettings(), Table(CodeActionSettings), "Code actions.")
    review: ReviewSettings = setting(ReviewSettings(), Table(ReviewSettings), "Reviews.")
    requests: RequestSettings = setting(RequestSettings(), Table(RequestSettings), "Limits of every request.")
    cache: CacheSettings = setting(CacheSettings(), Table(CacheSettings), "Finished answers that are kept.")
    breaker: BreakerSettings = setting(BreakerSettings(), Table(BreakerSettings), "When a failing model is left alone.")
    retry: RetrySettings = setting(RetrySettings(), Table(RetrySettings), "How failures are tried again.")
    privacy: PrivacySettings = setting(PrivacySettings(), Table(PrivacySettings), "What may leave the machine.")
    metrics: MetricsSettings = setting(MetricsSettings(), Table(MetricsSettings), "Figures for monitoring.")
    log: LogSettings = setting(LogSettings(), Table(LogSettings), "The server's own log.")
