import { type Card, type Message, toCard } from './message.ts';

/** What came of looking at one part of a deployment. */
export interface Check {
  name: string;
  /** `warning`: it works, but a person should decide whether this is intended. */
  result: 'ok' | 'warning' | 'failed' | 'not checked';
  says: string;
}

export function pass(name: string, says: string): Check {
  return { name, result: 'ok', says };
}

export function warn(name: string, says: string): Check {
  return { name, result: 'warning', says };
}

export function fail(name: string, says: string): Check {
  return { name, result: 'failed', says };
}

export function skip(name: string, says: string): Check {
  return { name, result: 'not checked', says };
}

/** What is known of the deployment beside its checks. */
export interface Verified {
  /** Of the code that checked. */
  version: string;
  /** Where people reach the service; `null`: unknown. */
  publicAddress: string | null;
  /** Milliseconds since the epoch. */
  at: number;
  /** Who asked for it. */
  by: 'command' | 'notification';
}

/** Characters of what one check says: a rules file may have a hundred mistakes. */
const maxSaid = 300;

/** What was checked and came out, line by line; that Slack works is proved by its arrival. */
export function composeVerification(checks: readonly Check[], verified: Verified): Message {
  return {
    audience: 'people',
    title: formatVerdict(checks),
    lines: [
      'Slack: ok, or this would not be here to read.',
      ...checks.map(formatCheck),
      ...describeDeployment(verified),
    ],
    links: [],
  };
}

/** The same for a channel of the Slack app. */
export function composeVerificationCard(checks: readonly Check[], verified: Verified): Card {
  return toCard(composeVerification(checks, verified), hasFailed(checks) ? 'bad' : 'good');
}

/** Whether a part of the deployment does not do its work. */
export function hasFailed(checks: readonly Check[]): boolean {
  return checks.some(({ result }) => result === 'failed');
}

function formatVerdict(checks: readonly Check[]): string {
  const failed = listNames(checks, 'failed');
  const unchecked = listNames(checks, 'not checked');
  if (failed !== '') return `retrigger is not verified: see ${failed}`;
  return unchecked === '' ? 'retrigger is verified' : `retrigger is verified, but for ${unchecked}`;
}

function listNames(checks: readonly Check[], wanted: Check['result']): string {
  const names = checks.filter(({ result }) => result === wanted).map(({ name }) => name);
  return names.join(', ');
}

function formatCheck({ name, result, says }: Check): string {
  const cut = says.length > maxSaid ? `${says.slice(0, maxSaid).toWellFormed()}…` : says;
  // The lines may be joined by line breaks, so none has one.
  return `${startBig(name)}: ${result}, ${cut.replaceAll(/\s*\n\s*/g, ' ')}`;
}

function describeDeployment({ version, publicAddress, at, by }: Verified): string[] {
  const time = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (by === 'command') {
    return [
      `Version: ${version}, of the command that checked.`,
      `Public address: ${publicAddress ?? 'not checked, no service answered'}`,
      `Somebody ran retrigger verify at ${time}.`,
    ];
  }
  return [
    `Version: ${version}`,
    `Public address: ${publicAddress ?? 'not shown, because RETRIGGER_PUBLIC_URL is not set'}`,
    `Asked for by a notification of the job that verifies deployments, at ${time}.`,
  ];
}

function startBig(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
