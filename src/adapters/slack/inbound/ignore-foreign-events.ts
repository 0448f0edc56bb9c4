import type { SocketModeReceiver } from '@slack/bolt';
import type { Logger } from '../../../logging.ts';
import { isForUs } from './payloads.ts';
import { nameFault } from '../client/name-fault.ts';

type Client = SocketModeReceiver['client'];
type Listener = (...args: unknown[]) => unknown;

interface Envelope {
  type?: unknown;
  body?: unknown;
  ack: () => Promise<void>;
}

/**
 * Takes care of what the library's own listeners leave to nobody: an envelope that they trip over must not end the
 * process, and one that asks nothing of us is taken in peace.
 */
export function guardSocketEvents(client: Client, log: Logger): void {
  wrapListeners(client, log, 'ws_message', (listener, args) => listener(...args));
  wrapListeners(client, log, 'slack_event', (listener, args) => {
    const [envelope] = args as [Envelope];
    // The library hands on whatever calls itself `slack_event`, beside what it makes one of.
    const isAsked = envelope.type !== 'slack_event' && isForUs(envelope.body);
    return isAsked ? listener(...args) : envelope.ack();
  });
}

function wrapListeners(
  client: Client,
  log: Logger,
  event: string,
  call: (listener: Listener, args: unknown[]) => unknown,
): void {
  const listeners = client.listeners(event) as Listener[];
  client.removeAllListeners(event);
  for (const listener of listeners) {
    client.on(event, (...args: unknown[]) => {
      const work = async (): Promise<unknown> => call(listener, args);
      work().catch((error: unknown) =>
        log.warn({ why: nameFault(error) }, 'slack sent what nobody can read'),
      );
    });
  }
}
