"""How each kind of channel is told: by the notifiers of Airflow's providers, and by a webhook of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from importlib.util import find_spec
from typing import Any

from localizer.errors import ConfigurationError, TransientError
from localizer.notices import Channel, Notice

# In a provider's notifier every field is a template. Ours hold names from manifests, so `notify` is called,
# and not the notifier itself, which would render them.


def send(notice: Notice, channel: Channel, *, delivery: str) -> None:
    """Tell one channel.

    Args:
        delivery: ID of the notice, for receivers that look for duplicates.

    Raises:
        Exception: whatever the provider raises; nothing of it is worth ending a run for.
    """
    _SENDERS[channel.by](notice, channel, delivery)


def check_installed(channel: Channel) -> None:
    """Whether the provider of a channel is here.

    Raises:
        ConfigurationError: it is not; says what to install.
    """
    package = _PROVIDERS.get(channel.by)
    if package and find_spec(package) is None:
        raise ConfigurationError(
            f"notices by {channel.by} need apache-{package.replace('.', '-')}: "
            "pip install 'campaign-localizer[notify]'"
        )


def _email(notice: Notice, channel: Channel, delivery: str) -> None:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    notifier: Any = SmtpNotifier(
        smtp_conn_id=channel.connection,
        to=list(channel.to),
        subject=notice.headline,
        html_content=notice.html(),
        # One thread a run; no answer of a machine that is on holiday.
        custom_headers={"X-Entity-Ref-ID": delivery, "Auto-Submitted": "auto-generated"},
    )
    notifier.notify({})


def _slack(notice: Notice, channel: Channel, delivery: str) -> None:
    text = f"*{_slack_text(notice.headline)}*\n" + "\n".join(
        [
            *(f"{name}: {_slack_text(value)}" for name, value in notice.facts()),
            *(f"<{url}|{name}>" for name, url in notice.links()),
        ]
    )
    notifier: Any
    if channel.to:
        from airflow.providers.slack.notifications.slack import SlackNotifier

        notifier = SlackNotifier(
            slack_conn_id=channel.connection,
            channel=channel.to[0],
            text=text,
            unfurl_links=False,
            unfurl_media=False,
        )
    else:
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

        notifier = SlackWebhookNotifier(
            slack_webhook_conn_id=channel.connection, text=text, unfurl_links=False, unfurl_media=False
        )
    notifier.notify({})


def _slack_text(text: str) -> str:
    return escape(text, quote=False)


def _apprise(notice: Notice, channel: Channel, delivery: str) -> None:
    from airflow.providers.apprise.hooks.apprise import AppriseHook
    from apprise import Apprise

    # The provider's notifier would not tell that a service refused.
    hook, services = AppriseHook(channel.connection), Apprise()
    hook.set_config_from_conn(conn=hook.get_connection(channel.connection), apprise_obj=services)
    done = services.notify(title=notice.headline, body=notice.text(), tag=list(channel.to) or "all")
    if done is None:
        raise ConfigurationError(f"connection {channel.connection!r} has no service with these tags")
    if not done:
        raise TransientError("a service did not take it; the line before says why")


def _webhook(notice: Notice, channel: Channel, delivery: str) -> None:
    from operators.hooks.webhook import WebhookHook

    WebhookHook(channel.connection).post(
        notice.payload(), title=notice.headline, text=notice.text(), delivery=delivery
    )


_SENDERS: Mapping[str, Callable[[Notice, Channel, str], None]] = {
    "apprise": _apprise,
    "email": _email,
    "slack": _slack,
    "webhook": _webhook,
}

_PROVIDERS = {
    "apprise": "airflow.providers.apprise",
    "email": "airflow.providers.smtp",
    "slack": "airflow.providers.slack",
}
