import { type Chain, currentRun } from '../../chain/chain.ts';
import { countDenied, isDeniedAgain } from '../../chain/denied-looks.ts';
import { addFact } from '../../chain/transitions.ts';
import { describeHidden, type Hidden } from '../../evidence/artifacts/locate-run.ts';
import { awaitEnd, handUnread } from './wait-for-end.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';

/** In poll intervals: a build that is in no readable bucket may not have begun to upload. */
const graceForOthers = 20;

/**
 * The chain's current run lies, or may lie, in a bucket that is not read. Waiting does not help a first run, so the
 * chain ends as `needs-human`. An attempt was started by us: its account says what is wrong, and Gangway reports its
 * end. `isThere`: the run is known to lie in that bucket.
 */
export async function awaitAccess(flow: Flow, chain: Chain, hidden: Hidden, isThere: boolean): Promise<void> {
  const why = describeHidden(hidden).join('; ');
  if (!isSure(flow, chain, hidden, isThere)) {
    const counted = isDeniedAgain(chain) ? chain : await changeTask(flow, chain, countDenied);
    return counted === null ? undefined : awaitEnd(flow, counted, why);
  }
  if (chain.runs.length === 1) return handOver(flow, chain, hidden, why);
  const noted = await note(flow, chain, `Attempt ${currentRun(chain).attempt} cannot be read: ${why}.`);
  if (noted !== null) await awaitEnd(flow, noted, why);
}

function isSure(
  { source, clock, settings }: Flow,
  chain: Chain,
  { denied, elsewhere }: Hidden,
  isThere: boolean,
): boolean {
  if (!isDeniedAgain(chain)) return false;
  if (isThere || elsewhere !== null || denied.length === source.buckets.length) return true;
  const { buildId, openedAt } = currentRun(chain);
  // Before an attempt has a build id it is in no bucket at all.
  return buildId !== null && clock.now() >= openedAt + graceForOthers * settings.pollMs;
}

async function handOver(flow: Flow, chain: Chain, { denied }: Hidden, why: string): Promise<void> {
  const { buildId } = currentRun(chain);
  const orReadable = denied.length === 0 ? ' if it is public' : `, or make ${denied.join(', ')} readable`;
  const detail =
    `Build ${buildId ?? 'unknown'} cannot be read: ${why}. ` +
    `Add the bucket that holds the run to RETRIGGER_GCS_BUCKET${orReadable}.`;
  flow.log.warn({ chain: chain.id, job: chain.jobName, denied }, 'run not readable');
  await handUnread(flow, chain, detail);
}

async function note(flow: Flow, chain: Chain, sentence: string): Promise<Chain | null> {
  if (chain.decision?.because.includes(sentence) === true) return chain;
  return changeTask(flow, chain, (known) => addFact(known, sentence));
}
