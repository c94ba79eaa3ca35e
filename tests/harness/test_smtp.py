"""The mail servers of the tests take what is sent and fail as they are told."""

import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from tests.harness.run import REPOSITORY
from tests.harness.smtp import Fault, Sink


def a_mail(to: str = "lea@example.org", words: str = "Bonjour, à mardi.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mentoring@example.org", to, "Séance"
    mail["Message-ID"] = f"<{to.partition('@')[0]}@example.org>"
    mail.set_content(words)
    return mail


async def send(mail: EmailMessage, port: int) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, timeout=10)


async def test_a_mail_arrives_with_its_words_and_its_envelope(smtp: Sink) -> None:
    await send(a_mail(), smtp.port)

    [mail] = smtp.wait_for(1)
    assert mail["Subject"] == "Séance"
    assert mail.get_content().split() == ["Bonjour,", "à", "mardi."]
    assert smtp.received[0].sender == "mentoring@example.org"
    assert smtp.received[0].recipients == ("lea@example.org",)


async def test_mail_to_one_address_is_refused_and_to_another_is_taken(smtp: Sink) -> None:
    smtp.plan("gone@example.org", Fault.REFUSE)

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(a_mail("gone@example.org"), smtp.port)
    await send(a_mail("lea@example.org"), smtp.port)

    assert refusal.value.recipients[0].code == 550
    assert [one.recipients for one in smtp.received] == [("lea@example.org",)]


async def test_a_deferred_mail_is_taken_at_the_second_try(smtp: Sink) -> None:
    smtp.plan("lea@example.org", Fault.DEFER, times=1)

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(a_mail(), smtp.port)
    await send(a_mail(), smtp.port)

    assert refusal.value.recipients[0].code == 451
    assert len(smtp.received) == 1


@pytest.mark.parametrize(("fault", "kept"), [(Fault.HANG_UP_BEFORE, 0), (Fault.HANG_UP_AFTER, 1)])
async def test_the_sender_cannot_tell_whether_the_message_was_kept_when_the_line_breaks(
    smtp: Sink, fault: Fault, kept: int
) -> None:
    smtp.plan("lea@example.org", fault)

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(a_mail(), smtp.port)

    assert len(smtp.received) == kept


def test_waiting_for_mail_that_never_comes_ends_with_what_did_come(smtp: Sink) -> None:
    with pytest.raises(AssertionError, match="0 of 1 mails came"):
        smtp.wait_for(1, seconds=0.01)


async def test_the_fast_server_counts_each_mail_with_its_recipient_and_id(tmp_path: Path) -> None:
    counted = tmp_path / "count"
    command = [sys.executable, "-m", "tests.harness.smtp", "--port", "0", "--count-file", str(counted)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
            await client.send_message(a_mail("lea@example.org"))
            # A line that is only a full stop ends a message, so senders double it.
            await client.send_message(a_mail("ben@example.org", words="Before.\n.\nAfter.\n" * 5000))
        server.terminate()

    assert counted.read_text().splitlines() == [
        "lea@example.org <lea@example.org>",
        "ben@example.org <ben@example.org>",
    ]
