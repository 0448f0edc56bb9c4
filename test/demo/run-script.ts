import { setTimeout } from 'node:timers/promises';
import { testName } from '../prow/cluster/job-definition.ts';
import { hasEnded } from '../prow/cluster/prow-run.ts';
import { listDifferences } from './summary.ts';
import { notify } from './notify.ts';
import { script } from './script.ts';
import { describeProgress } from './progress.ts';
import type { DemoEvent } from './demo-event.ts';
import type { Screen } from './screen.ts';
import type { DemoWorld } from './demo-world.ts';
import { watchCalls } from './watch-calls.ts';
import { ChainWatch } from './watch-chains.ts';
import { watchProw } from './watch-prow.ts';

/** More than the story takes, ms on its clock. */
const longestStory = 6 * 3_600_000;
const progressMs = 100;

export interface ScriptResult {
  watch: ChainWatch;
  /** What differs from the script, a line each. */
  differences: string[];
}

/** Runs the script and prints each event as it happens. Resolves when all chains have ended and all is delivered. */
export async function runScript(world: DemoWorld, screen: Screen): Promise<ScriptResult> {
  const { clock, prow, service } = world;
  const startedAt = clock.now();
  const watch = new ChainWatch(service.store);
  const lookAtProw = watchProw(prow);
  const lookAtCalls = watchCalls(prow);
  const titles = new Map<string, string[]>();
  const heard: DemoEvent[] = [];
  prow.onReTriggerStep = (run) => notify(world, run, (event) => void heard.push(event));

  /** Prints what is new, in the order in which it happened. */
  async function look(): Promise<void> {
    const events = [...lookAtProw(), ...heard.splice(0), ...(await watch.look()), ...lookAtCalls()];
    for (const event of events.toSorted((a, b) => a.at - b.at)) {
      screen.tell(event);
      if (event.who === 'Slack') titles.set(event.job, [...(titles.get(event.job) ?? []), event.text]);
    }
  }

  async function isOver(): Promise<boolean> {
    const ran = script.every(({ job }) => prow.runs.some(({ jobName }) => jobName === job.name));
    return ran && prow.runs.every(hasEnded) && (await service.store.listUnsettled()).length === 0;
  }

  for (const { job, startsAfter } of script) {
    prow.defineJob(job);
    clock.at(startedAt + startsAfter, () => prow.startRun(job.name));
  }
  const began = performance.now();
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    const standing = describeProgress(prow.runs, watch.chains);
    screen.progress(`${seconds} s  ${formatStory(clock.now())}  ${standing}`);
  }, progressMs);
  try {
    await clock.run(async () => {
      await prow.settled();
      while (!service.isIdle()) await setTimeout(1);
      await look();
      if ((await isOver()) || clock.now() - startedAt > longestStory) clock.stop();
    });
  } finally {
    clearInterval(ticker);
    screen.clear();
  }
  return { watch, differences: listDifferences(watch, prow, titles) };
}

/** What the story calls a job. */
export function nameJob(name: string): string {
  const part = script.find(({ job }) => job.name === name);
  return part === undefined ? name : testName(part.job);
}

function formatStory(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
