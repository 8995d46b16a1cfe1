"""When to ask again: how far apart the look-ups of something open are."""

from typing import Final

_SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * _SECOND_US
POLLS_S: Final = (15, 60, 300, 1_800, 7_200, 43_200, 86_400)
"""The reconciler's turns; the last one repeats."""
UNSURE_S: Final = 86_400
UNSURE_STEP_S: Final = 180
"""An answer that was lost holds a place on the link and leaves a payer waiting."""
BOUNCE_LOOKS_S: Final = (86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400)
"""A closed card sends a refund back days later; the webhook that says so may be lost."""
RETRIES_S: Final = (1, 2, 5, 15, 60, 300, 900, 3_600, 3_600, 10_800, 21_600, 43_200)
"""The inbox's turns; after the last one a webhook is dead, and kept."""


def next_poll(now: int, *, since: int, is_unsure: bool = False, expires_at: int | None = None) -> int:
    """The time of the next look-up of what has stood as it stands `since` then: the longer, the rarer.

    By age and not by a count: a payer who reloads the page asks, too, and must not push our own turns away. `is_unsure`:
    whether anything happened at the gateway is not known; then it is asked often for a day. Not later than `expires_at`, the
    checkout's end, when the gateway is asked to cancel.
    """
    age_s = max(0, now - since) // _SECOND_US
    step_s, until_s = POLLS_S[0], 0
    for each_s in POLLS_S:
        step_s, until_s = each_s, until_s + each_s
        if age_s < until_s:
            break
    if is_unsure and age_s < UNSURE_S:
        step_s = min(step_s, UNSURE_STEP_S)
    at = now + step_s * _SECOND_US
    if expires_at is not None and now < expires_at < at:
        return expires_at
    return at


def next_rest_look(now: int, capture_before: int | None) -> int:
    """The time of the next look-up of money that is held and waits for a person: each day, a day before its end, and soon after
    that, when the gateway lets it go.
    """
    if capture_before is not None and now >= capture_before:
        return next_poll(now, since=capture_before)
    at = now + DAY_US
    if capture_before is None:
        return at
    return min(each for each in (at, capture_before - DAY_US, capture_before + _SECOND_US) if each > now)


def next_bounce_look(succeeded_at: int, now: int) -> int | None:
    """When to look whether a refund that went through has bounced since, or None when it is too late for that."""
    looks = (succeeded_at + step_s * _SECOND_US for step_s in BOUNCE_LOOKS_S)
    return next((at for at in looks if at > now), None)


def next_retry(now: int, *, tries: int) -> int | None:
    """The time of the next try after so many, or None when there have been enough."""
    if tries > len(RETRIES_S):
        return None
    return now + RETRIES_S[tries - 1] * _SECOND_US
