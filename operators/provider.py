"""What Airflow learns of this package as a provider: its connection types and the fields of their forms.

Airflow finds `get_provider_info` by the entry point ``apache_airflow_provider`` (pyproject.toml) and reads
the fields from here without importing the hooks.
"""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Provider metadata."""
    return {
        "package-name": "campaign-localizer",
        "name": "Campaign localizer",
        "description": "Localize campaign images: edit, check, approve, publish.",
        "connection-types": [
            _connection_type(
                "localizer_openai",
                "OpenAIHook",
                "Image edits, OpenAI-compatible (localizer)",
                "https://host:8000/v1",
                {
                    "model": _text("Model", "Must equal the name that the server serves it under"),
                    "server": _text(
                        "Kind of server",
                        "What takes the request; decides the fields that go beyond OpenAI's",
                        enum=["localizer", "sglang", "vllm-omni", "openai"],
                        default="localizer",
                    ),
                    "steps": _text(
                        "Steps by tier (JSON)",
                        'For sglang and vllm-omni with a distillation loaded: {"fast": 4, "balanced": 8}',
                    ),
                    "resend_lost": {
                        "label": "Send lost requests again",
                        "description": "Only where doing an edit twice costs nothing. Our own server joins "
                        "equal requests and needs no leave",
                        "schema": {"type": ["boolean", "null"], "default": False},
                    },
                },
            ),
            _connection_type(
                "localizer_dify",
                "DifyHook",
                "Dify workflow (localizer)",
                "https://api.dify.ai/v1",
                {
                    "workflow": _text(
                        "Workflow and version",
                        "Part of every job's key: change it when the app is published anew",
                    ),
                    "image_input": _text("Input for the picture", "Variable of type file", default="image"),
                    "prompt_input": _text("Input for the prompt", "Variable of type text", default="prompt"),
                    "seed_input": _text("Input for the seed", "Empty: it has none"),
                    "tier_input": _text("Input for the tier", "Empty: it has none"),
                    "output": _text("Output with the picture", "A file, or a list of one", default="image"),
                },
            ),
            _connection_type(
                "localizer_dashscope",
                "DashScopeHook",
                "DashScope image models (localizer)",
                "https://dashscope.aliyuncs.com/api/v1",
                {
                    "model": _text(
                        "Model", "qwen-image-edit-plus, or qwen-mt-image", default="qwen-image-edit-plus"
                    ),
                    "source_lang": _text("Source language", "For qwen-mt-image", default="auto"),
                    "target_lang": _text("Target language", "For qwen-mt-image; one a connection"),
                },
            ),
            _chat_type(),
            _webhook_type(),
            _SIGNING,
        ],
    }


def _text(label: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"], **schema}}


_SIGNING = {
    "connection-type": "localizer_c2pa",
    "hook-class-name": "operators.hooks.c2pa.C2paHook",
    "hook-name": "Content credentials (localizer)",
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "login", "port", "extra", "host"],
        "relabeling": {"password": "Private key (PEM)"},
        "placeholders": {"password": "kept encrypted; or a file, below"},
    },
    "conn-fields": {
        "certificates": _text("Certificates (PEM)", "The signer's own first, then those up to the root"),
        "certificates_path": _text("or file of certificates", "On every worker that publishes"),
        "key_path": _text("File of the private key", "In place of the key above"),
        "passphrase": _text("Passphrase", "Of an encrypted key", format="password"),
        "timestamp_url": _text(
            "Timestamp authority", "RFC 3161; without one a signature holds as long as its certificate"
        ),
        "trust": _text("Trusted roots (PEM)", "A signed image has to lead to one of them; empty: to any"),
    },
}


def _connection_type(
    conn_type: str, hook: str, name: str, url: str, fields: dict[str, Any]
) -> dict[str, Any]:
    return {
        "connection-type": conn_type,
        "hook-class-name": f"operators.hooks.engines.{hook}",
        "hook-name": name,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "port", "extra"],
            "relabeling": {"host": "Base URL", "password": "Key"},
            "placeholders": {"host": url, "password": "kept encrypted; never in plans, results or logs"},
        },
        "conn-fields": {
            **fields,
            "concurrency": _number("Calls at once", "In one task; the pool limits the tasks", "integer", 8),
            "per_minute": _number("Calls a minute", "In one task; 0: as many as come", "number", 0),
            "timeout_s": _number("Timeout, seconds", "For one answer", "number", 600),
            "price": _number("Price of one edit", "For the call log; empty: not known", "number", None),
            "currency": _text("Currency", "Of the price"),
        },
    }


def _chat_type() -> dict[str, Any]:
    return {
        "connection-type": "localizer_chat",
        "hook-class-name": "operators.hooks.translators.ChatHook",
        "hook-name": "Chat model for copy, OpenAI-compatible (localizer)",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "port", "extra"],
            "relabeling": {"host": "Base URL", "password": "Key"},
            "placeholders": {
                "host": "https://host:8000/v1",
                "password": "kept encrypted; never in copy, results or logs",
            },
        },
        "conn-fields": {
            "model": _text("Model", "Must equal the name that the server serves it under"),
            "temperature": _text("Temperature", "Empty: 0; none: not sent, for models that refuse it"),
            "strings": _number("Strings in a request", "At most", "integer", 16),
            "form": _text(
                "Form of the answer",
                "Empty: by JSON schema, and less strictly where the server refuses; else by this alone",
                enum=["", "schema", "json", "text", None],
            ),
            "fields": _text("Further fields (JSON)", 'Of the request, such as {"reasoning_effort": "low"}'),
            "concurrency": _number("Requests at once", "In one task", "integer", 8),
            "per_minute": _number("Requests a minute", "In one task; 0: as many as come", "number", 0),
            "timeout_s": _number("Timeout, seconds", "For one answer", "number", 600),
            "price": _number("Price in", "Of a million tokens sent; empty: not known", "number", None),
            "price_out": _number("Price out", "Of a million tokens written; empty: as in", "number", None),
            "currency": _text("Currency", "Of the prices"),
        },
    }


def _webhook_type() -> dict[str, Any]:
    return {
        "connection-type": "localizer_webhook",
        "hook-class-name": "operators.hooks.webhook.WebhookHook",
        "hook-name": "Webhook for notices (localizer)",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "port", "extra"],
            "relabeling": {"host": "URL", "password": "Secret"},
            "placeholders": {
                "host": "https://host/path, or https://host/path?key={secret}",
                "password": "signs the body (Standard Webhooks), or stands for {secret}",
            },
        },
        "conn-fields": {
            "body": _text(
                "Body",
                "json for programs; or that of a group chat's bot",
                enum=["json", "slack", "wecom", "feishu", "dingtalk"],
                default="json",
            ),
            "timeout_s": _number("Timeout, seconds", "For one answer", "number", 10),
        },
    }


def _number(label: str, description: str, kind: str, default: float | None) -> dict[str, Any]:
    schema = {"type": [kind, "null"], "minimum": 0, "default": default}
    return {"label": label, "description": description, "schema": schema}
