import { type Chain, currentRun, closedAtOf } from '../../src/chain/chain.ts';
import { testName } from '../prow/cluster/job-definition.ts';
import { hasEnded, type ProwRun } from '../prow/cluster/prow-run.ts';
import { script } from './script.ts';
import { formatTime } from './screen.ts';

/** One line: how each job stands now. */
export function describeProgress(runs: readonly ProwRun[], chains: ReadonlyMap<string, Chain>): string {
  return script
    .map(({ job }) => {
      const newest = runs.findLast(({ jobName }) => jobName === job.name);
      return `${testName(job)} ${describeStanding(newest, chains.get(job.name))}`;
    })
    .join(' · ');
}

function describeStanding(run: ProwRun | undefined, chain: Chain | undefined): string {
  if (run === undefined) return 'not started';
  if (chain?.state === 'scheduled') return `waits until ${formatTime(chain.wakeAt ?? 0)}`;
  if (chain !== undefined && closedAtOf(chain) !== null) return chain.state;
  const which =
    chain === undefined || currentRun(chain).attempt === 0
      ? 'first run'
      : `attempt ${currentRun(chain).attempt}`;
  return `${which} ${hasEnded(run) ? 'ended' : run.pendingAt === null ? 'queued' : 'running'}`;
}
