"""procrastinate on PostgreSQL, as its guide has it, sending mails that are due."""

import asyncio
import os
import sys

import aiosmtplib
from procrastinate import App, PsycopgConnector
from procrastinate.types import JSONValue

AT_ONCE = 10
app = App(connector=PsycopgConnector())
_free: "list[aiosmtplib.SMTP]" = []


@app.task(name="send")
async def send(number: int) -> None:
    """One mail; connections are kept."""
    line = _free.pop() if _free else await _connected()
    to = f"person{number}@example.org"
    text = f"To: <{to}>\r\nMessage-ID: <{number}@example.org>\r\nSubject: It is time\r\n\r\nPlease answer.\r\n"
    await line.sendmail("mentoring@example.org", [to], text)
    _free.append(line)


async def _connected() -> aiosmtplib.SMTP:
    line = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=int(os.environ["RIVAL_SMTP_PORT"]), local_hostname="localhost", start_tls=False
    )
    await line.connect()
    return line


async def main() -> None:
    task, url, *count = sys.argv[1:]
    connector = PsycopgConnector(conninfo=url.replace("+psycopg", ""))
    with app.replace_connector(connector) as used:
        async with used.open_async():
            if task == "fill":
                await used.schema_manager.apply_schema_async()
                jobs: list[dict[str, JSONValue]] = [{"number": number} for number in range(int(count[0]))]
                await send.batch_defer_async(*jobs)
                return
            await used.run_worker_async(concurrency=AT_ONCE, wait=True, listen_notify=True)


if __name__ == "__main__":
    asyncio.run(main())
