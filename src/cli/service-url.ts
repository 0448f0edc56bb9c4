import type { Config } from '../config/read-config.ts';

/** Where the service of these settings answers; one that listens everywhere is asked on this machine. */
export function serviceUrl({ listenIp, listenPort }: Pick<Config, 'listenIp' | 'listenPort'>): string {
  const everywhere = listenIp === '0.0.0.0' || listenIp === '::';
  const host = everywhere ? '127.0.0.1' : listenIp.includes(':') ? `[${listenIp}]` : listenIp;
  return `http://${host}:${listenPort}`;
}
