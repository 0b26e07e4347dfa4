"""What the client said it can do, as plain yes and no, read once at `initialize`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from lsprotocol import types


@attrs.frozen(kw_only=True)
class ClientFeatures:
    """The client's side of the bargain; False for everything that it did not mention.

    Attributes:
        custom_messages: it set `capabilities.experimental.aurelis`, so it gets our notifications and command links.
        inline_completion: it shows ghost text by itself.
        resolve_edit: it asks for a code action's edit by `codeAction/resolve`.
        versioned_edits: it takes `documentChanges` with a document's version.
        create_files: it takes the creation of a file within a `WorkspaceEdit`, and with it the form of an edit that can
            say so, whether it mentioned versions or not (LSP 3.18, "WorkspaceEdit"); Neovim does not.
        annotations: it takes change annotations, and so can ask for confirmation.
    """

    custom_messages: bool = False
    inline_completion: bool = False
    apply_edit: bool = False
    versioned_edits: bool = False
    create_files: bool = False
    annotations: bool = False
    configuration: bool = False
    register_configuration: bool = False
    register_watched_files: bool = False
    work_done_progress: bool = False
    text_document_content: bool = False
    code_action_literals: bool = False
    resolve_edit: bool = False
    disabled_actions: bool = False
    action_data: bool = False
    llm_generated_tag: bool = False
    hover_markdown: bool = True

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> ClientFeatures:
        """Read the capabilities."""
        workspace = capabilities.workspace
        document = capabilities.text_document
        edit = workspace and workspace.workspace_edit
        action = document and document.code_action
        hover = document and document.hover
        resolve = action and action.resolve_support
        tags = action and action.tag_support
        content = workspace and workspace.text_document_content
        configuration = workspace and workspace.did_change_configuration
        watched = workspace and workspace.did_change_watched_files
        operations = (edit and edit.resource_operations) or ()
        completion = document and document.inline_completion
        formats = hover and hover.content_format
        return cls(
            custom_messages=_custom_messages(capabilities.experimental),
            inline_completion=completion is not None,
            apply_edit=bool(workspace and workspace.apply_edit),
            versioned_edits=bool(edit and edit.document_changes),
            create_files=types.ResourceOperationKind.Create in operations,
            annotations=bool(edit and edit.document_changes and edit.change_annotation_support is not None),
            configuration=bool(workspace and workspace.configuration),
            register_configuration=bool(configuration and configuration.dynamic_registration),
            register_watched_files=bool(watched and watched.dynamic_registration),
            work_done_progress=bool(capabilities.window and capabilities.window.work_done_progress),
            text_document_content=content is not None,
            code_action_literals=bool(action and action.code_action_literal_support is not None),
            resolve_edit=bool(resolve and "edit" in resolve.properties),
            disabled_actions=bool(action and action.disabled_support),
            action_data=bool(action and action.data_support),
            llm_generated_tag=bool(tags and types.CodeActionTag.LlmGenerated in tags.value_set),
            hover_markdown=not formats or types.MarkupKind.Markdown in formats,
        )


def _custom_messages(experimental: Any) -> bool:
    value = experimental.get("aurelis") if isinstance(experimental, Mapping) else getattr(experimental, "aurelis", None)
    return value is not None and value is not False
