import type { MemoryDisk } from '../adapters/lowdb/disk/memory-disk.ts';
import type { Scenario } from './scenario.ts';
import type { Tally } from './tally.ts';

/** Of the service itself, in the worlds where it has one. */
export const ownToken = "sha256~the-service's-own";
/** Of the Slack app, in the worlds where there is one. */
export const botToken = 'xoxb-of-the-bot';
export const signingSecret = 'what-slack-signs-with';
/** With what every token begins that a stranger makes up. */
export const forgedToken = 'sha256~forged';

/** An override of some runs, whose name says that it is a secret. */
export const overrideSecret = 'sha256~an-override';

/** The token of a job's step; it triggers that job alone. */
export function tokenOf(jobName: string): string {
  return `sha256~token-of-${jobName}`;
}

/** What must be nowhere but in its seal and in the header of a call. */
export function secretsOf({ jobs }: Scenario): string[] {
  return [
    ...jobs.map(({ name }) => tokenOf(name)),
    forgedToken,
    overrideSecret,
    ownToken,
    botToken,
    signingSecret,
  ];
}

/** Holds what lies on the disk at this moment, while chains are open and have their tokens. */
export function checkDisk(tally: Tally, scenario: Scenario, disk: MemoryDisk): void {
  const text = disk.readAll();
  for (const secret of secretsOf(scenario)) {
    tally.hold('no token outside its seal', !text.includes(secret), () => `${secret} is on the disk`);
  }
}
