import { createSecretKey, type KeyObject } from 'node:crypto';
import { Secret } from '../secret.ts';

/** A secret that callers prove to know, by sending it or by signing with it. */
export interface WebhookSecret {
  /** As it was written, prefix and all: what a caller sends as its bearer token. */
  bearer: Secret;
  /** Each key that senders may make of it. */
  keys: readonly KeyObject[];
}

const prefix = 'whsec_';
/** In bytes, by Standard Webhooks. A plain secret whose base64 is of another length was not meant as base64. */
const sensible = { least: 24, most: 64 };

/**
 * Reads the secrets of the setting: one, or several with commas or blanks between them, which no bearer token can
 * hold (RFC 6750). `undefined` where there is none, or where one can be no secret.
 */
export function readWebhookSecrets(written: string): WebhookSecret[] | undefined {
  const secrets = written
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .map(readSecret);
  return secrets.length > 0 && secrets.every((each) => each !== null) ? secrets : undefined;
}

function readSecret(written: string): WebhookSecret | null {
  // No header can carry these.
  if (/\p{Cc}/u.test(written)) return null;
  const keys = readKeys(written);
  return keys.length === 0
    ? null
    : { bearer: new Secret(written), keys: keys.map((key) => createSecretKey(key)) };
}

/** Of a plain secret some senders take the bytes as they are, others those of which it is the base64. */
function readKeys(written: string): Buffer[] {
  if (written.startsWith(prefix)) return readBase64(written.slice(prefix.length));
  const decoded = readBase64(written).filter(
    ({ length }) => length >= sensible.least && length <= sensible.most,
  );
  return [Buffer.from(written), ...decoded];
}

/** None where it is empty or no base64; the padding may be left out. */
function readBase64(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'base64');
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === text.replace(/={0,2}$/, '');
  return isBase64 && bytes.length > 0 ? [bytes] : [];
}
