"""Every error answer is a :class:`edge_agent.contracts.unit.Problem` (RFC 9457).

Only a body over its limit is refused by the framework itself, in plain text, before anything is read (413).
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException

from edge_agent.contracts.problems import saying
from edge_agent.contracts.unit import Problem

log = logging.getLogger(__name__)

_MEDIA_TYPE = "application/problem+json"
_DETAIL_MAX = 500


class ProblemError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {title} {detail}".strip())
        self.problem = Problem(title=title, status=status, detail=detail[:_DETAIL_MAX])
        self.headers = headers


def describe(error: ValidationError | RequestValidationError) -> str:
    """Return which fields are wrong and what is allowed; never their values, which may be secret or personal."""
    lines = []
    for wrong in error.errors()[:5]:
        field = ".".join(str(part) for part in wrong["loc"] if part != "body")
        lines.append(f"{field or 'body'}: {saying(wrong['type'], wrong['msg'])}")
    return "; ".join(lines)


def first_line(error: SQLAlchemyError) -> str:
    """Say what a database complained of. Only its first line: more may quote a row, and rows are personal."""
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    return said.partition("\n")[0]


def answer_problems(app: FastAPI) -> None:
    """Make every error of an application a problem document."""

    async def ours(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return _response(error.problem, error.headers)

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _response(Problem(title="The request is not valid.", status=422, detail=describe(error)[:_DETAIL_MAX]))

    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        title = HTTPStatus(error.status_code).phrase
        return _response(Problem(title=title, status=error.status_code, detail=str(error.detail)), error.headers)

    async def database(_request: Request, error: Exception) -> Response:
        assert isinstance(error, SQLAlchemyError)
        log.error("the database failed: %s: %s", type(error).__name__, first_line(error))
        return _response(Problem(title="The hub's database failed; its log says why.", status=503))

    async def bug(_request: Request, _error: Exception) -> Response:
        return _response(Problem(title="The hub failed; its log says why.", status=500))

    app.add_exception_handler(ProblemError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(SQLAlchemyError, database)
    app.add_exception_handler(Exception, bug)


def _response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    body = problem.model_dump_json()
    return Response(body, problem.status, dict(headers) if headers else None, media_type=_MEDIA_TYPE)
