import { setTimeout } from 'node:timers/promises';
import { testName } from '../prow/cluster/job-definition.ts';
import { hasEnded } from '../prow/cluster/prow-run.ts';
import { listDifferences } from './closing.ts';
import { notify } from './notify.ts';
import { plot } from './plot.ts';
import { describeProgress } from './progress.ts';
import type { Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';
import { watchCalls } from './watch-calls.ts';
import { ChainWatch } from './watch-chains.ts';
import { watchProw } from './watch-prow.ts';

/** Longer than the story takes, ms on its clock: by then something is wrong with it. */
const longestStory = 6 * 3_600_000;
const progressMs = 100;

export interface Ending {
  watch: ChainWatch;
  /** In what it came out otherwise than the plot says. */
  differences: string[];
}

/** Plays the plot and tells it as it happens; resolves once nothing more is to come. */
export async function play(stage: Stage, screen: Screen): Promise<Ending> {
  const { clock, prow, service } = stage;
  const startedAt = clock.now();
  const watch = new ChainWatch(service.store);
  const lookAtProw = watchProw(prow);
  const lookAtCalls = watchCalls(prow);
  const titles = new Map<string, string[]>();
  const heard: Scene[] = [];
  prow.onReTriggerStep = (run) => notify(stage, run, (scene) => void heard.push(scene));

  /** Tells what is new, in the order in which it happened. */
  async function look(): Promise<void> {
    const scenes = [...lookAtProw(), ...heard.splice(0), ...(await watch.look()), ...lookAtCalls()];
    for (const scene of scenes.toSorted((a, b) => a.at - b.at)) {
      screen.tell(scene);
      if (scene.who === 'Slack') titles.set(scene.job, [...(titles.get(scene.job) ?? []), scene.text]);
    }
  }

  async function isOver(): Promise<boolean> {
    const ran = plot.every(({ job }) => prow.runs.some(({ jobName }) => jobName === job.name));
    return ran && prow.runs.every(hasEnded) && (await service.store.listUnsettled()).length === 0;
  }

  for (const { job, startsAfter } of plot) {
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
  const part = plot.find(({ job }) => job.name === name);
  return part === undefined ? name : testName(part.job);
}

function formatStory(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
