import { refuseMessage } from './check-message.ts';
import { isFields } from './shape.ts';

/** Why an incoming webhook refuses a payload (`invalid_payload`, `no_text`, `invalid_blocks` …), or `null` when it takes it. */
export function refusePayload(payload: unknown): string | null {
  if (!isFields(payload)) return 'invalid_payload';
  return refuseMessage(payload)?.error ?? null;
}
