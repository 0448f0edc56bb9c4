import {
  beginAttempt,
  nextAttempt,
  recordCreated,
  recordNotCreated,
  recordRefused,
} from '../chain/attempt-chain.ts';
import type { Chain } from '../chain/chain.ts';
import { handToPerson } from '../chain/move-chain.ts';
import { buildRequest } from '../trigger/build-request.ts';
import type { Creation } from '../trigger/execution-api.ts';
import { backOff } from './backoff.ts';
import type { Flow } from './flow.ts';
import { pickToken } from './pick-token.ts';

/** With a back-off of up to 15 minutes, this is about half a day of a Gangway that is down. */
const mostTries = 50;

/** The chain is no longer waiting to be triggered: a person was faster. */
class Overtaken extends Error {}

/**
 * Creates the attempt that is due. The intent is on disk before anything is sent, so that a crash at any moment
 * leaves either a chain that was not sent, or one that is reconciled before it is sent again.
 */
export async function triggerAttempt(flow: Flow, chain: Chain): Promise<void> {
  const token = pickToken(flow, chain);
  if (token === null)
    return end(flow, chain, 'There is no token to trigger with: the caller brought none that opens');
  const request = buildRequest(chain, nextAttempt(chain));
  if (request === null) return end(flow, chain, 'Nothing tells how to start this run again');
  let creation: Creation;
  try {
    creation = await flow.api.create(request, token, () => writeIntent(flow, chain));
  } catch (error) {
    if (error instanceof Overtaken) return;
    throw error;
  }
  await recordAnswer(flow, chain, creation);
}

async function writeIntent(flow: Flow, chain: Chain): Promise<void> {
  const now = flow.clock.now();
  const written = await flow.store.update(chain.id, (known) => {
    if (known.state !== 'scheduled') throw new Overtaken();
    return beginAttempt(known, now + flow.settings.pollMs, now);
  });
  if (written === null) throw new Overtaken();
}

async function recordAnswer(flow: Flow, chain: Chain, creation: Creation): Promise<void> {
  const now = flow.clock.now();
  const { pollMs } = flow.settings;
  const ids = { chain: chain.id, job: chain.jobName, attempt: nextAttempt(chain) };
  flow.log.info(
    { ...ids, answer: creation.kind, ...('says' in creation && { says: creation.says }) },
    'trigger answered',
  );
  await flow.store.update(chain.id, (known) => {
    if (known.state !== 'triggering') return known;
    if (creation.kind === 'created') {
      return recordCreated(known, { prowJobId: creation.prowJobId, buildId: null }, now + pollMs, now);
    }
    if (creation.kind === 'refused') return recordRefused(known, creation.says, now);
    // The run may exist: the state stays, and its task is to find out.
    if (creation.kind === 'unclear') return known;
    if (known.tries >= mostTries) return handToPerson(known, creation.says, null, now);
    const waitMs = Math.max(backOff(pollMs, known.tries), creation.retryAfterMs ?? 0);
    return recordNotCreated(known, now + waitMs, now);
  });
}

async function end(flow: Flow, chain: Chain, detail: string): Promise<void> {
  await flow.store.update(chain.id, (known) =>
    known.state === 'scheduled' ? handToPerson(known, detail, null, flow.clock.now()) : known,
  );
}
