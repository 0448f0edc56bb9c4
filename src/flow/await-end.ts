import { type Chain, currentRun } from '../chain/chain.ts';
import { handToPerson, postpone } from '../chain/move-chain.ts';
import { patchRun } from '../chain/record-end.ts';
import { formatDuration } from '../job/duration.ts';
import { readRunUrl } from '../job/run-url.ts';
import { isFinished } from '../job/status.ts';
import type { Lookup } from '../trigger/execution-api.ts';
import { bareEvidence } from './bare-evidence.ts';
import type { Flow } from './flow.ts';
import { judgeRun } from './judge-run.ts';
import { pickToken } from './pick-token.ts';
import { mostGangwayCalls } from './place-run.ts';

/** The run's end does not show in the bucket: look again later, ask Gangway where that takes long, or give up. */
export async function awaitEnd(flow: Flow, chain: Chain): Promise<void> {
  const { openedAt, lateLooks } = currentRun(chain);
  const { completionTimeoutMs, pollMs } = flow.settings;
  const now = flow.clock.now();
  if (now >= openedAt + completionTimeoutMs) return giveUp(flow, chain);
  const quarter = completionTimeoutMs / 4;
  if (now >= openedAt + quarter * (lateLooks + 1)) return lookLate(flow, chain);
  await flow.store.update(chain.id, (known) =>
    known.state === chain.state ? postpone(known, now + pollMs) : known,
  );
}

async function giveUp(flow: Flow, chain: Chain): Promise<void> {
  const waited = formatDuration(flow.settings.completionTimeoutMs);
  const detail = `The end of the run did not show within ${waited}: there is no finished.json in the bucket`;
  const decision = {
    outcome: 'skip' as const,
    reason: 'evidence-missing' as const,
    rule: null,
    because: [`${detail}.`],
  };
  await flow.store.update(chain.id, (known) =>
    known.state === chain.state ? handToPerson(known, detail, decision, flow.clock.now()) : known,
  );
}

/**
 * Asks Gangway after a run that has been open for long: its bucket may be private, or its pod was evicted and the
 * same ProwJob goes on under a new build id (PROW.md, 2 and 5).
 */
async function lookLate(flow: Flow, chain: Chain): Promise<void> {
  const run = currentRun(chain);
  const token = pickToken(flow, chain);
  const asks = token !== null && run.gangwayCalls < mostGangwayCalls;
  const answer = asks ? await flow.api.get(run.prowJobId, token) : null;
  const counted = { lateLooks: run.lateLooks + 1, gangwayCalls: run.gangwayCalls + (asks ? 1 : 0) };
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  const moved = await flow.store.update(chain.id, (known) =>
    known.state === chain.state
      ? postpone(patchRun(known, run.prowJobId, { ...counted, ...readMove(flow, chain, answer) }), wakeAt)
      : known,
  );
  if (moved === null || answer?.kind !== 'found' || !isFinished(answer.status)) return;
  if (currentRun(moved).buildId !== run.buildId) return;
  const gap = 'Gangway says that the run has ended, and there is no finished.json in the bucket.';
  await judgeRun(flow, moved, bareEvidence(answer.status, run.prowJobId, gap));
}

function readMove(
  flow: Flow,
  chain: Chain,
  answer: Lookup | null,
): { buildId?: string; folder?: string | null } {
  if (answer?.kind !== 'found' || answer.jobUrl === null) return {};
  const place = readRunUrl(answer.jobUrl);
  if (place === null || place.buildId === currentRun(chain).buildId) return {};
  return { buildId: place.buildId, folder: place.bucket === flow.settings.bucket ? place.folder : null };
}
