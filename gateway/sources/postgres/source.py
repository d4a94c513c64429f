"""PostgreSQL: one query over a pooled connection, its errors classified, its answer one JSON document."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Final

from gateway.buffered import Buffered
from gateway.call import Call, Source
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.postgres.causes import RELEARNED, TROUBLE, failure_of
from gateway.sources.postgres.pool import Pool
from gateway.sources.postgres.question import Question
from gateway.sources.postgres.session import Session
from gateway.sources.postgres.statement import Query, Unfit

_FULL: Final = "the gateway holds as many bytes of bodies as it may"


def postgres_source(pool: Pool, buffered: Buffered) -> Source:
    """A source whose payloads are ``statement.Query``. The bytes of an answer are counted in *buffered*."""

    async def postgres(call: Call) -> Outcome:
        if buffered.full:
            return Failure(Cause.BULKHEAD_FULL, _FULL)
        session = pool.take(pool.clock()) or await pool.wait(call)
        if isinstance(session, Failure):
            return session
        query: Query = call.payload
        question = Question(session.answer(query, call.timeout))
        call.sent = True
        call.waiter = question
        try:
            body = await question
        except CancelledError:
            pool.mend(session)
            if question.was_cut and call.ended is not None:
                return call.ended
            raise
        except Unfit as unfit:
            pool.give(session)
            return Failure(Cause.REJECTED, str(unfit), 422)
        except TROUBLE as error:
            return failed(error, session, query, pool)
        except BaseException:
            pool.drop(session)
            raise
        finally:
            call.waiter = None
        pool.give(session)
        return answered(body, call, buffered)

    return postgres


def answered(body: bytes | Failure, call: Call, buffered: Buffered) -> Outcome:
    """The outcome that *body* is, its bytes counted."""
    document = body if isinstance(body, Failure) else checked(body)
    if isinstance(document, Failure):
        return document
    if not buffered.take(len(document)):
        return Failure(Cause.BULKHEAD_FULL, _FULL)
    call.held += len(document)
    return Success(document)


def failed(error: BaseException, session: Session, query: Query, pool: Pool) -> Failure:
    """*error* in our words, and the session where it belongs."""
    if session.overrun:
        pool.drop(session)
        most = pool.settings.max_response
        return Failure(Cause.TOO_LARGE, f"more than {most} bytes")
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith(RELEARNED):
        session.forget(query.statement)
    if session.closed:
        pool.drop(session)
    elif pool.settings.pooled:
        pool.mend(session)  # the transaction is still open
    else:
        pool.give(session)
    return failure_of(error)
