"""A database: one query over a pooled connection, its errors classified, its answer one JSON document."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Any, Final

from gateway.buffered import Buffered
from gateway.call import Call, Source
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.database.pool import Pool, S
from gateway.sources.database.question import Question
from gateway.sources.database.session import Unfit

_FULL: Final = "the gateway holds as many bytes of bodies as it may"


def database_source(pool: Pool[S], buffered: Buffered) -> Source:
    """A source whose payloads are the queries that *pool*'s sessions take. The bytes of an answer are counted
    in *buffered*.
    """
    raised = pool.errors.raised

    async def ask(call: Call) -> Outcome:
        if buffered.full:
            return Failure(Cause.BULKHEAD_FULL, _FULL)
        session = pool.take(pool.clock()) or await pool.wait(call)
        if isinstance(session, Failure):
            return session
        query = call.payload
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
        except raised as error:
            return failed(error, session, query, pool)
        except BaseException:
            pool.drop(session)
            raise
        finally:
            call.waiter = None
        pool.give(session)
        return answered(body, call, buffered)

    return ask


def answered(body: bytes | Failure, call: Call, buffered: Buffered) -> Outcome:
    """The outcome that *body* is, its bytes counted."""
    document = body if isinstance(body, Failure) else checked(body)
    if isinstance(document, Failure):
        return document
    if not buffered.take(len(document)):
        return Failure(Cause.BULKHEAD_FULL, _FULL)
    call.held += len(document)
    return Success(document)


def failed(error: BaseException, session: S, query: Any, pool: Pool[S]) -> Failure:
    """*error* in our words, and the session where it belongs."""
    failure = session.failure(error, query)
    if session.closed:
        pool.drop(session)
    elif session.unclean:
        pool.mend(session)
    else:
        pool.give(session)
    return failure
