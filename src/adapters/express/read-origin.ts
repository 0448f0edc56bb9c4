import type { Request } from 'express';

/** No name of a host is longer, its port included. */
const longest = 260;

/** The origin that the caller says it called, such as https://host; `null` where its headers name none. */
export function readOrigin({ protocol, host }: Pick<Request, 'protocol'> & { host?: string }): string | null {
  if (host === undefined || host.length > longest || !/^https?$/.test(protocol)) return null;
  const written = `${protocol}://${host}`;
  return URL.canParse(written) ? new URL(written).origin : null;
}
