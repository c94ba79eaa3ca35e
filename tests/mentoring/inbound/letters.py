"""Mails as calendars and mail servers write them to us."""

from datetime import datetime
from email.message import EmailMessage
from uuid import UUID


def a_reply(
    session_id: UUID,
    attendee: str,
    says: str,
    *,
    at: datetime,
    start: datetime,
    sender: str | None = None,
    sequence: int = 0,
    method: str = "REPLY",
) -> bytes:
    """As a calendar program writes it (RFC 6047), the calendar's part among others."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Calendar//EN", f"METHOD:{method}", "BEGIN:VEVENT",
        f"UID:session-{session_id}@example.org", f"SEQUENCE:{sequence}", f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "ORGANIZER:mailto:mentoring@example.org",
        f"ATTENDEE;CN=Somebody;PARTSTAT={says}:MAILTO:{attendee}", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Somebody <{sender or attendee}>", "mentoring@example.org", "Re"
    mail.set_content("Declined: invitation")
    mail.add_alternative("\r\n".join(lines).encode(), maintype="text", subtype="calendar", params={"method": method})
    return mail.as_bytes()


def a_bounce(address: str, about: str, *, action: str = "failed", status: str = "5.1.1", whole: bool = True) -> bytes:
    """As a mail server writes it (RFC 3464)."""
    mail = (
        "From: MAILER-DAEMON@example.org\r\nTo: mentoring@example.org\r\nSubject: Undelivered\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} User unknown\r\n\r\n"
        f"--b\r\nContent-Type: {'message/rfc822' if whole else 'text/rfc822-headers'}\r\n\r\n"
        f"Message-ID: {about}\r\nSubject: Did you meet?\r\n\r\n--b--\r\n"
    )
    return mail.encode()
