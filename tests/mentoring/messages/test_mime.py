"""What is written as a mail reads back as the same mail, by another program's reader."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentoring.messages.contracts import Claimed, Draft
from mentoring.messages.mime import HeaderUnsafe, mail_bytes, message_id
from tests.builders import NOW

ONE = Claimed(UUID(int=1), "consent_leader", UUID(int=2), 0, UUID(int=3), 1)
LINES = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.isprintable).map(str.split).map(" ".join)
"""Printable, words apart by one space: more than that no reader keeps in a header."""
NAMES = LINES.filter(lambda name: 0 < len(name) <= 11)
"""Short enough for one encoded word: the reader of Python 3.11 puts a space between the two of a longer name."""
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"))


def read(draft: Draft, organisation: str = "Meridian", message: Claimed = ONE) -> EmailMessage:
    content = mail_bytes(draft, message, "mentoring@example.org", organisation, NOW)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    return message_from_bytes(content, EmailMessage, policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    [found] = [one for one in mail.walk() if one.get_content_type() == kind]
    content: str = found.get_content()
    return content


@given(LINES.filter(bool), NAMES, TEXTS)
def test_every_script_arrives_as_it_was_written(subject: str, organisation: str, text: str) -> None:
    mail = read(Draft("ama@example.org", subject, text, f"<p>{text}</p>"), organisation)

    assert str(mail["subject"]) == subject
    assert mail["from"].addresses[0].display_name == organisation
    assert part(mail, "text/plain").replace("\r\n", "\n") == text
    assert part(mail, "text/html").replace("\r\n", "\n") == f"<p>{text}</p>"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_a_mail_says_what_it_is(method: str) -> None:
    calendar_part = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\n".encode()
    mail = read(Draft("ama@example.org", "Привет, 世界 مرحبا", "text", "<p>html</p>", calendar_part))

    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    [calendar] = [one for one in mail.iter_parts() if one.get_content_type() == "text/calendar"]
    assert calendar.get_param("method") == method
    assert (str(mail["to"]), mail["date"].datetime) == ("ama@example.org", NOW)
    assert mail["auto-submitted"] == "auto-generated"


def test_a_message_keeps_its_id_however_often_it_is_tried_and_no_other_has_it() -> None:
    again = ONE._replace(attempt=7)
    others = [ONE._replace(sequence=1), ONE._replace(recipient_id=UUID(int=9)), ONE._replace(kind="consent_junior")]

    ids = [message_id(one, "mentoring@example.org") for one in (ONE, again, *others)]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert ids[0].endswith("@example.org>")


@pytest.mark.parametrize(
    "to", ["ama@example.org\r\nBcc: x@example.org", "ama@example.org>,<x@example.org", "a b@example.org"]
)
def test_nobody_smuggles_a_recipient_in(to: str) -> None:
    with pytest.raises(HeaderUnsafe):
        read(Draft(to, "subject", "", ""))


@pytest.mark.parametrize("subject", ["one\r\nBcc: x@example.org", "one\nTwo: 2", "nul\x00"])
def test_nobody_smuggles_a_header_in(subject: str) -> None:
    with pytest.raises(HeaderUnsafe):
        read(Draft("ama@example.org", subject, "", ""))
