"""Plugins of all tests: isolation first, then the tools and the servers that tests ask for by name."""

pytest_plugins = (
    "fixtures.isolation",
    "fixtures.needs",
    "fixtures.planted",
    "fixtures.patient_properties",
    "fixtures.llama_server",
    "fixtures.prometheus_server",
    "fixtures.redis_server",
    "fixtures.secret_service",
)
