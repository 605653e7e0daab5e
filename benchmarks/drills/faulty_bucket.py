"""A bucket that answers 429, 5xx, cuts connections, loses answers to what it did, and hangs."""

from __future__ import annotations

import random

from benchmarks.drills.bucket import Bucket, FaultProxy, emulator
from benchmarks.drills.campaign import NAME, RUN, Campaign, Command
from benchmarks.drills.judge import Place, Verdict, judge

RATES = (0.05, 0.1, 0.2)
_TRIES = 5


def bucket_faults(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """Whole runs, workspace and target in a bucket that spoils 5, 10 or 20 % of all requests."""
    rate = RATES[number % len(RATES)]
    log = campaign.folder / f"bucket-{number}.jsonl"
    with emulator() as url, FaultProxy(url, rate=rate, seed=str(rng.random())) as proxy:
        bucket = Bucket(url)
        place = Place(bucket.uri("workspace"), RUN, bucket.uri("published"), NAME, bucket.client)
        command = Command(
            campaign.manifest,
            place,
            log,
            environment={"STORAGE_EMULATOR_HOST": proxy.url},
            module="benchmarks.drills.impatient",
        )
        notes = []
        for _ in range(_TRIES):
            done = command.run()
            if done.code == 0 and not any(row["retryable"] for row in place.rows()):
                break
            told = [row["reason"] for row in place.rows() if row["retryable"]] or [done.output.strip()[-300:]]
            notes.append(f"told at {rate:.0%}, run again: {told[0]}")
        else:
            notes.append(f"not done after {_TRIES} commands")
        spoiled = sum(proxy.spoiled.values())
        notes.append(f"{rate:.0%}: {spoiled} of {proxy.requests} requests spoiled: {dict(proxy.spoiled)}")
        verdict = judge(place, campaign.truth, edits=log, creates=proxy.images("published/"))
    return verdict + Verdict(notes=tuple(notes))
