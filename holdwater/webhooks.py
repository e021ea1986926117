"""Webhooks as channels: the result posted as JSON, tried again where the other side asks for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from holdwater.errors import CannotRun
from holdwater.news import News, Outcome
from holdwater.secret import secret
from holdwater.smtp import Progress
from holdwater.webhook_file import Webhook, checked_url
from reports.notices import Told, ntfy, plain, slack, teams


class Unposted(Exception):
    """The other side did not take it; the message never holds the URL, which may be a secret."""

    def __init__(self, told: str, *, temporary: bool) -> None:
        super().__init__(told)
        self.temporary = temporary


_SHAPES: dict[str, Callable[[Told, str], dict[str, Any]]] = {"json": plain, "teams": teams, "slack": slack}


class Webhooks:
    """The channel of all `[[webhooks]]`."""

    def __init__(self, hooks: tuple[Webhook, ...], *, progress: Progress | None = None) -> None:
        self._hooks = hooks
        self._progress = progress

    def send(self, news: News) -> Iterator[Outcome]:
        """Post the news everywhere; one that fails does not keep the others from it."""
        for hook in self._hooks:
            page = news.page(hook.language)
            told = (
                ntfy(page, hook.topic, hook.link)
                if hook.kind == "ntfy"
                else _SHAPES[hook.kind](page, hook.link)
            )
            try:
                self._post(hook, told)
            except (Unposted, CannotRun) as error:
                why = error.message if isinstance(error, CannotRun) else str(error)
                yield Outcome("webhook", hook.name, False, why)
            else:
                yield Outcome("webhook", hook.name, True)

    def _post(self, hook: Webhook, told: dict[str, Any]) -> None:
        import tenacity

        url = hook.url if hook.url.startswith(("https://", "http://")) else secret(hook.url)
        try:
            checked_url(url, f"the secret of the webhook {hook.name}")
        except ValueError as error:
            raise CannotRun(str(error)) from error
        headers = {"Content-Type": "application/json"}
        if hook.token:
            headers["Authorization"] = f"Bearer {secret(hook.token)}"
        for attempt in tenacity.Retrying(
            stop=tenacity.stop_after_attempt(hook.attempts),
            wait=tenacity.wait_exponential(multiplier=hook.wait_seconds, max=300),
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, Unposted) and error.temporary),
            reraise=True,
        ):
            with attempt:
                posted(url, json.dumps(told, ensure_ascii=False).encode(), headers, hook.timeout_seconds)


def posted(url: str, body: bytes | None, headers: dict[str, str], timeout_seconds: float) -> None:
    """POST a body, or GET where there is none. Follows nothing. Raises Unposted."""
    import requests

    method = "GET" if body is None else "POST"
    try:
        with requests.request(
            method, url, data=body, headers=headers, timeout=timeout_seconds, allow_redirects=False
        ) as answer:
            status = answer.status_code
    except requests.exceptions.SSLError as error:
        raise Unposted("its certificate is not to be trusted", temporary=False) from error
    except requests.exceptions.Timeout as error:
        raise Unposted(f"no answer within {timeout_seconds:g} s", temporary=True) from error
    except requests.exceptions.ConnectionError as error:
        raise Unposted("it is not reached", temporary=True) from error
    except (requests.exceptions.RequestException, ValueError) as error:
        raise Unposted(f"it cannot be asked: {type(error).__name__}", temporary=False) from error
    if not 200 <= status < 300:
        raise Unposted(f"it answered {status}", temporary=status in (408, 425, 429) or status >= 500)
