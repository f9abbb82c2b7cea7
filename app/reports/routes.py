"""/admin/reports: what days came to, for administrators; never cached."""

from datetime import date

from fastapi import APIRouter, Request, Response

from app.platform.identity import SignedIn
from app.platform.problems import documented
from app.reports.schemas import Report
from app.reports.service import Reports

router = APIRouter(prefix="/admin/reports", tags=["reports"])


def reports(request: Request) -> Reports:
    """Return the application's reports."""
    found: Reports = request.app.state.reports
    return found


@router.get("/{day}", responses=documented(401, 403, 404, 422, 503))
async def read_report(request: Request, day: date, who: SignedIn, response: Response) -> Report:
    """Show the report of a day (UTC). It is made an hour after the day is over."""
    who.require("admin")
    response.headers["cache-control"] = "no-store"
    return await reports(request).find(day)
