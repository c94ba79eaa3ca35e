"""Staff files as tests write them."""

from mentoring.directory.contracts import StaffUpload

COLUMNS = (
    "staff_no", "given_name", "family_name", "email", "job_title", "grade", "grade_level", "unit", "duty_station",
    "country", "time_zone", "languages", "manager_staff_no", "gender",
)  # fmt: skip


def a_row(staff_no: str, **changes: str) -> dict[str, str]:
    """Somebody in Nairobi whom nobody manages."""
    values = {
        "staff_no": staff_no,
        "given_name": "Wanjiru",
        "family_name": staff_no,
        "email": f"{staff_no.lower()}@example.org",
        "job_title": "Officer",
        "grade": "P2",
        "grade_level": "8",
        "unit": "Field Support",
        "duty_station": "Nairobi",
        "country": "KE",
        "time_zone": "Africa/Nairobi",
        "languages": "en:professional|sw:native",
        "manager_staff_no": "",
        "gender": "F",
    }
    return values | changes


def csv_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    lines = [",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]
    return "\n".join([*lines, ""]).encode()


def a_file(
    *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, apply: bool = True, allow_leavers: bool = False
) -> StaffUpload:
    return StaffUpload(csv_of(*rows, columns=columns), "staff.csv", {}, apply, allow_leavers)
