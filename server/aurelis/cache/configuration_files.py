"""Which files of a project raise an event of the cache when they change: data alone."""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen
class ConfigurationFile:
    """A file whose change raises `event`; `pattern` is a glob for the file's name, or for its last folders and name.

    `language` is the only one that the file concerns, if it is one alone.
    """

    pattern: str
    event: str
    language: str | None = None


def _rows(event: str, language: str | None, patterns: str) -> tuple[ConfigurationFile, ...]:
    return tuple(ConfigurationFile(pattern, event, language) for pattern in patterns.split())


CONFIGURATION_FILES: Final = (
    # Formatters and linters.
    *_rows(
        "code_style_change",
        None,
        ".editorconfig .prettierrc* prettier.config.* .eslintrc* eslint.config.* biome.json* dprint.json* "
        "deno.json* tsconfig*.json .stylelintrc* .clang-format .clang-tidy",
    ),
    *_rows(
        "code_style_change",
        "python",
        "pyproject.toml setup.cfg tox.ini ruff.toml .ruff.toml .flake8 .pylintrc pylintrc .style.yapf .isort.cfg",
    ),
    *_rows("code_style_change", "rust", "rustfmt.toml .rustfmt.toml clippy.toml .clippy.toml"),
    *_rows("code_style_change", "go", ".golangci.y*ml .golangci.toml"),
    *_rows("code_style_change", "java", "checkstyle*.xml pmd*.xml"),
    *_rows("code_style_change", "ruby", ".rubocop*.yml"),
    *_rows("code_style_change", "php", ".php-cs-fixer*.php phpcs.xml*"),
    *_rows("code_style_change", "swift", ".swiftformat .swiftlint.yml"),
    *_rows("code_style_change", "lua", "stylua.toml .stylua.toml .luacheckrc"),
    # Dependencies.
    *_rows(
        "framework_update",
        None,
        "package.json package-lock.json npm-shrinkwrap.json pnpm-lock.yaml yarn.lock bun.lock* deno.json* "
        "deno.lock build.gradle* settings.gradle* gradle.lockfile gradle/libs.versions.toml CMakeLists.txt "
        "conanfile.* vcpkg.json",
    ),
    *_rows(
        "framework_update",
        "python",
        "pyproject.toml setup.cfg setup.py requirements*.txt requirements/*.txt constraints*.txt Pipfile "
        "Pipfile.lock poetry.lock pdm.lock uv.lock environment.y*ml",
    ),
    *_rows("framework_update", "rust", "Cargo.toml Cargo.lock"),
    *_rows("framework_update", "go", "go.mod go.sum go.work"),
    *_rows("framework_update", "java", "pom.xml"),
    *_rows(
        "framework_update",
        "csharp",
        "*.csproj Directory.Packages.props Directory.Build.props packages.config packages.lock.json",
    ),
    *_rows("framework_update", "ruby", "Gemfile Gemfile.lock *.gemspec"),
    *_rows("framework_update", "php", "composer.json composer.lock"),
    *_rows("framework_update", "swift", "Package.swift Package.resolved"),
    *_rows("framework_update", "dart", "pubspec.yaml pubspec.lock"),
    *_rows("framework_update", "elixir", "mix.exs mix.lock"),
    # Documentation.
    *_rows(
        "documentation_standard_update",
        None,
        "mkdocs.y*ml .readthedocs.y*ml typedoc.* .typedoc.* jsdoc*.json .jsdoc*.json tsdoc.json Doxyfile* "
        ".vale.ini docfx.json",
    ),
    *_rows(
        "documentation_standard_update",
        "python",
        "docs/conf.py doc/conf.py docs/source/conf.py doc/source/conf.py .pydocstyle* .darglint "
        "pyproject.toml setup.cfg tox.ini ruff.toml .ruff.toml",
    ),
    *_rows("documentation_standard_update", "ruby", ".yardopts"),
)
