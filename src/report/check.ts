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
