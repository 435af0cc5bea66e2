"""Messages as text: templates/mail, templates/digest and templates/chat, filled in."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dj_cadence.chinese import short_day, shortest_day
from dj_cadence.domain import labels
from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.notifier import Audience
from dj_cadence.domain.messages.view import (
    AlertView,
    ChannelAlertView,
    Item,
    LoginView,
    MessageView,
    Rendered,
    for_group,
)
from dj_cadence.domain.organizations.organization import organization_path
from dj_cadence.rendering import digest_filters
from dj_cadence.rendering.grouping import grouped, pressing, shorten, summary


class Templates:
    """Templates by name; an earlier folder hides the file of the same name in a later one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(["html"], default_for_string=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters = {"day": short_day, "short_day": shortest_day, "shorten": shorten}
        self._environment.filters.update(filters, **digest_filters.FILTERS)
        self._environment.globals["states"] = labels.TASKS
        self._environment.globals["most_missing"] = digest_filters.MISSING_SHOWN
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
        self._own = folders[:-1]

    def mails_are_shipped(self) -> bool:
        """Whether a site has none of its own, which may do anything with a name."""
        return not any((folder / "mail").is_dir() for folder in self._own)

    def render_message(self, view: MessageView) -> Rendered:
        """The mail in all its forms. Raises jinja2's errors for a faulty template."""
        return self._render("mail/message", _words(view, view.items))

    def render_alert(self, view: AlertView | ChannelAlertView) -> Rendered:
        """What administrators are told, in all its forms."""
        name = "mail/alert" if isinstance(view, AlertView) else "mail/channel"
        return self._render(name, {"alert": view})

    def render_login(self, view: LoginView) -> Rendered:
        """A link to log in, in all its forms."""
        return self._render("mail/login", {"login": view})

    def _render(self, name: str, words: Mapping[str, object]) -> Rendered:
        text, html = (
            self._environment.get_template(f"{name}.{form}").render(words)
            for form in ("txt", "html")
        )
        return Rendered(
            subject=self._line(f"{name}.subject.txt", words),
            text=text.strip() + "\n",
            html=self._inliner.inline(html),
        )

    def render(self, view: MessageView, form: Audience, *, home: str) -> Rendered:
        """The message as a channel of that form carries it; `home` is the site's own address."""
        match form:
            case Audience.MAIL:
                return self.render_message(view)
            case Audience.CHAT:
                named = [item for item in view.items if not item.confidential]
                words = {**_words(view, named), "page_of": partial(digest_page, home)}
                subject = self._line("mail/message.subject.txt", words)
                return Rendered(subject, self._text("chat/personal.txt", words), "")
            case Audience.GROUP:
                told = for_group(view, home)
                listed = pressing(told.items)
                left_out = len(told.items) - len(listed)
                words = {"message": told, "groups": grouped(listed), "left_out": left_out}
                text = self._text("chat/group.txt", words)
                return Rendered(text.partition("\n")[0], text, "")

    def _line(self, name: str, words: Mapping[str, object]) -> str:
        return " ".join(self._environment.get_template(name).render(words).split())

    def _text(self, name: str, words: Mapping[str, object]) -> str:
        """Without the empty lines that a template leaves behind, but for single ones."""
        text = self._environment.get_template(name).render(words).strip()
        return re.sub(r"\n{3,}", "\n\n", text) + "\n"

    def render_in_chat(self, digest: DigestView, web_address: str) -> str:
        """A digest in a few lines that name no organization below, with a link to its page."""
        template = self._environment.get_template("chat/digest.txt")
        return template.render(digest=digest, link=digest_page(web_address, digest)).strip() + "\n"

    def message_names(self) -> list[str]:
        """Of all templates that messages are made of."""
        begins = ("mail/", "digest/", "chat/")
        return self._environment.list_templates(filter_func=lambda name: name.startswith(begins))

    def load(self, name: str) -> None:
        """Raises what jinja2 and the files do for one that cannot be read."""
        self._environment.get_template(name)


def digest_page(home: str, digest: DigestView) -> str:
    return f"{home}{organization_path(digest.org_code)}/digest"


def _words(view: MessageView, items: Sequence[Item]) -> dict[str, object]:
    """What a template fills in, where `items` may be told one by one."""
    listed = pressing(items)
    return {
        "message": view,
        "groups": grouped(listed),
        "left_out": len(items) - len(listed),
        "summary": summary(view),
    }
