import { intentOf, isManual } from '../../src/chain/chain.ts';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-store.ts';
import { createLogger } from '../../src/logging.ts';
import type { Request } from './faulty-network.ts';
import type { MemoryDisk } from '../adapters/lowdb/disk/memory-disk.ts';
import type { VirtualClock } from '../time/virtual-clock.ts';
import type { Ledger } from './ledger.ts';
import { dataDir, type Scenario } from './scenario.ts';
import { checkDisk } from './secrets.ts';
import type { Tally } from './tally.ts';

const silent = createLogger('silent');

interface Watched {
  disk: MemoryDisk;
  clock: VirtualClock;
  tally: Tally;
  ledger: Ledger;
  scenario: Scenario;
  note(what: string): void;
}

interface Body {
  job_name: string;
  pod_spec_options: { labels: Record<string, string> };
}

/** A request for a run leaves: what would be left on disk if the power went off right now must tell of it. */
export async function watchPost(world: Watched, request: Request): Promise<void> {
  const body = JSON.parse(request.body ?? '') as Body;
  const { labels } = body.pod_spec_options;
  const root = labels['retrigger/root'] ?? '';
  const attempt = Number(labels['retrigger/attempt']);
  world.note(`POST ${root.slice(0, 8)} attempt ${attempt}`);
  const token = (request.headers?.['authorization'] ?? '').replace('Bearer ', '');
  checkDisk(world.tally, world.scenario, world.disk);
  const disk = world.disk.crash({ contents: true, names: true });
  const store = await openEmbeddedStore({ directory: dataDir, clock: world.clock, log: silent, disk });
  const { chains } = await store.page({ limit: 1000 });
  const chain = chains.find((each) => each.root === root && intentOf(each)?.attempt === attempt);
  world.tally.hold(
    'nothing is sent without intent on disk',
    chain !== undefined,
    () => `attempt ${attempt} of ${root} was sent, and the disk does not know of it`,
  );
  world.ledger.posted.push({
    jobName: body.job_name,
    root,
    attempt,
    token,
    at: world.clock.now(),
    intendedAt: (chain && intentOf(chain))?.writtenAt ?? null,
    isDemanded: chain !== undefined && isManual(chain),
    era: world.ledger.losses,
  });
}
