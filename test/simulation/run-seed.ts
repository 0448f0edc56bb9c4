import { checkWorld } from './check-world.ts';
import { planEvents } from './people.ts';
import { hour } from './scenario.ts';
import { Tally } from './tally.ts';
import { SimulatedWorld } from './world.ts';

/** More than any world takes to come to rest once all is calm, by the world's clock. */
const longestMs = 30 * 24 * hour;
const maxTurns = 400_000;

export interface SeedOutcome {
  seed: number;
  tally: Tally;
  /** A line for each thing that happened. */
  trace: string[];
  /** Notifications that were taken, and runs that were created for them. */
  accepted: number;
  attempts: number;
}

/** Lives through the world of the seed to its end, and holds it against the invariants. */
export async function runSeed(seed: number): Promise<SeedOutcome> {
  const tally = new Tally();
  const world = new SimulatedWorld(seed, tally);
  planEvents(world);
  // The calm itself is an event, so that the service does not stop while things still go wrong.
  world.after(world.scenario.calmAtMs, () => world.note('calm'));
  world.start();
  const note = (error: unknown): void =>
    void tally.breaches.push({ invariant: 'no work fails by a bug', what: describe(error) });
  process.on('unhandledRejection', note);
  try {
    await comeToRest(world);
    await rest(world);
    await checkWorld(world);
  } catch (error) {
    note(error);
  } finally {
    process.off('unhandledRejection', note);
  }
  const { trace, ledger, prow } = world;
  const attempts = prow.runs.filter(({ createdBy }) => createdBy === 'gangway').length;
  return { seed, tally, trace, accepted: ledger.accepted.size, attempts };
}

/** Lets time pass from one event to the next until nothing can happen any more. */
async function comeToRest(world: SimulatedWorld): Promise<void> {
  for (let turns = 0; turns < maxTurns; turns += 1) {
    // Nothing here waits for the machine, so whatever can go on has gone on by the next turn of its loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const due = world.clock.nextDue();
    if (due === null) return;
    if (due > world.beganAt + longestMs) throw new Error('the world never comes to rest');
    world.clock.advanceTo(due);
  }
  throw new Error(`the world does not come to rest within ${maxTurns} turns`);
}

/** The last life ends in order, so that all of it is on disk. */
async function rest(world: SimulatedWorld): Promise<void> {
  const { life } = world;
  if (life?.open == null) throw new Error('the service is not up at the end');
  let isClosed = false;
  const closed = life.open.close().finally(() => (isClosed = true));
  await comeToRest(world);
  if (!isClosed) throw new Error('the service never stops');
  await closed;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
