import type { Overrides } from '../evidence/artifacts/overrides.ts';
import { Secret, type Seal, type Sealed } from '../secret.ts';

/** What the first run of a chain was started with; every attempt carries it. */
export interface KeptOverrides {
  /** Names of the variables. */
  names: string[];
  /** Names and values as JSON; `null`: there are none. */
  sealed: Sealed | null;
  /** What Gangway cannot pass on, by name. */
  notCarried: string[];
}

export const noKeptOverrides: KeptOverrides = { names: [], sealed: null, notCarried: [] };

/** Seals all values: a name does not reliably show whether its value is a secret. */
export function keepOverrides({ envs, notCarried }: Overrides, seal: Pick<Seal, 'close'>): KeptOverrides {
  const names = Object.keys(envs);
  const sealed = names.length === 0 ? null : seal.close(new Secret(JSON.stringify(envs)));
  return { names, sealed, notCarried };
}

/** The variables with their values; `null`: no key opens the seal. */
export function openOverrides(
  { sealed }: KeptOverrides,
  seal: Pick<Seal, 'open'>,
): Record<string, string> | null {
  if (sealed === null) return {};
  const opened = seal.open(sealed);
  return opened === null ? null : (JSON.parse(opened.reveal()) as Record<string, string>);
}

/**
 * What a retry carries over and what it cannot, a sentence each, by name only. `envs`: the rule's own, which take the
 * place of those that the failed run had.
 */
export function describeOverrides(
  { names, notCarried }: Pick<KeptOverrides, 'names' | 'notCarried'>,
  envs: Record<string, string>,
): string[] {
  const carried = names.filter((name) => !Object.hasOwn(envs, name));
  const flags = notCarried.filter((name) => name.startsWith('--'));
  const others = notCarried.filter((name) => !name.startsWith('--') && !Object.hasOwn(envs, name));
  return [
    ...(carried.length === 0 ? [] : [`The retry carries over ${list(carried)}.`]),
    ...(flags.length === 0
      ? []
      : [
          `The failed run was started with ${list(flags)}, which Gangway cannot pass on: ` +
            `the retry runs without ${itOrThem(flags)}.`,
        ]),
    ...(others.length === 0
      ? []
      : [
          `The failed run had ${list(others)} with a value that Gangway cannot pass on: ` +
            `the retry has ${itOrThem(others)} only if the job itself sets ${itOrThem(others)}.`,
        ]),
  ];
}

/** What the run was started with, by name, for whoever starts it by hand; nothing for a run without overrides. */
export function describeStart({ names, notCarried }: Pick<KeptOverrides, 'names' | 'notCarried'>): string[] {
  const all = [...names, ...notCarried];
  return all.length === 0 ? [] : [`The first run was started with ${list(all)}.`];
}

/** Why no attempt is made if no key opens the overrides, and what to do about it. */
export function describeLocked({ names }: Pick<KeptOverrides, 'names'>): string {
  return (
    `No key decrypts ${list(names)} of the failed run, and a retry without ${itOrThem(names)} would test something else: ` +
    'put the key back into RETRIGGER_SECRET_KEY and retry, or start the job manually'
  );
}

/** People read a dozen names, not a hundred. */
const maxListed = 12;

function list(names: readonly string[]): string {
  const rest = names.length - maxListed;
  return [...names.slice(0, maxListed), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function itOrThem({ length }: readonly string[]): string {
  return length === 1 ? 'it' : 'them';
}
