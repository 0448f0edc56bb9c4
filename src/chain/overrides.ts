import type { Reason } from './decision.ts';
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
 * What a retry carries over and what it cannot, by name only. `envs`: the rule's own, which take the place of those that the
 * failed run had.
 */
export function listCarried(
  { names, notCarried }: Pick<KeptOverrides, 'names' | 'notCarried'>,
  envs: Record<string, string>,
): Reason[] {
  const isOther = (name: string): boolean => !Object.hasOwn(envs, name);
  const flags = notCarried.filter((name) => name.startsWith('--'));
  const values = notCarried.filter((name) => !name.startsWith('--') && isOther(name));
  const groups = [
    { kind: 'carried-over', names: names.filter(isOther) },
    { kind: 'flags-not-carried', names: flags },
    { kind: 'values-not-carried', names: values },
  ] satisfies Reason[];
  return groups.filter((group) => group.names.length > 0);
}

/** What the run was started with, by name, for a person who starts it by hand; nothing for a run without overrides. */
export function listStart({ names, notCarried }: Pick<KeptOverrides, 'names' | 'notCarried'>): Reason[] {
  const all = [...names, ...notCarried];
  return all.length === 0 ? [] : [{ kind: 'started-with', names: all }];
}
