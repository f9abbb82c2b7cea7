"""/accounts: registering and signing in over HTTP, never cached."""

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.schemas import Accepted, Address, Confirmation, Credentials, Me, Session, Tokens
from app.accounts.service import Accounts
from app.platform.identity import SignedIn, bearer_token
from app.platform.problems import documented


async def never_stored(response: Response) -> None:
    """Say that nobody may keep the answer."""
    response.headers["cache-control"] = "no-store"


router = APIRouter(prefix="/accounts", tags=["accounts"], dependencies=[Depends(never_stored)])


def accounts(request: Request) -> Accounts:
    """Return the application's accounts."""
    found: Accounts = request.app.state.accounts
    return found


@router.post("", status_code=202, responses=documented(422, 429, 503))
async def register(request: Request, new: Credentials) -> Accepted:
    """Register. A code is mailed to the address, which confirms it."""
    await accounts(request).register(new)
    return Accepted()


@router.post("/confirm", status_code=204, responses=documented(422, 429, 503))
async def confirm(request: Request, confirmation: Confirmation) -> None:
    """Confirm the address of a new account by the code that was mailed to it."""
    await accounts(request).confirm(confirmation)


@router.post("/resend-code", status_code=202, responses=documented(422, 429, 503))
async def resend_code(request: Request, address: Address) -> Accepted:
    """Have another code mailed."""
    await accounts(request).send_code(address.email)
    return Accepted()


@router.post("/sign-in", responses=documented(401, 422, 429, 503))
async def sign_in(request: Request, credentials: Credentials) -> Tokens:
    """Sign in. Send the access token along as `Authorization: Bearer ...`, and keep both to yourself."""
    return await accounts(request).sign_in(credentials)


@router.post("/refresh", responses=documented(401, 422, 429, 503))
async def refresh(request: Request, session: Session) -> Tokens:
    """Renew the access token."""
    return await accounts(request).refresh(session.refresh_token)


@router.post("/sign-out", status_code=204, responses=documented(422, 429, 503))
async def sign_out(request: Request, session: Session) -> None:
    """End this session. Ending one that has ended is no error."""
    await accounts(request).sign_out(session.refresh_token)


@router.post("/sign-out-everywhere", status_code=204, responses=documented(401, 429, 503))
async def sign_out_everywhere(request: Request, _who: SignedIn) -> None:
    """End all of one's sessions, on every device."""
    await accounts(request).sign_out_everywhere(bearer_token(request))


@router.get("/me", responses=documented(401, 503))
async def me(who: SignedIn) -> Me:
    """Show who makes the request."""
    return Me(subject=who.subject, roles=sorted(who.roles))
