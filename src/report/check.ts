/** What came of looking at one part of a deployment. */
export interface Check {
  name: string;
  result: 'ok' | 'failed' | 'not checked';
  says: string;
}

export function pass(name: string, says: string): Check {
  return { name, result: 'ok', says };
}

export function fail(name: string, says: string): Check {
  return { name, result: 'failed', says };
}

export function skip(name: string, says: string): Check {
  return { name, result: 'not checked', says };
}
