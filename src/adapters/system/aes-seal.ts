import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type Fingerprint, type Seal, type Sealed, Secret } from '../../secret.ts';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals with AES-256-GCM and a fresh nonce each time. One key for sealing and one for fingerprints are derived from the given
 * text. Older keys still open: each is tried until the tag fits, which takes microseconds. The sealed text names no key.
 */
export class AesSeal implements Seal {
  readonly #key: Buffer;
  readonly #older: Buffer[];
  readonly #markKey: Buffer;

  constructor(key: Secret, ...older: Secret[]) {
    this.#key = deriveKey(key, 'seal');
    this.#older = older.map((each) => deriveKey(each, 'seal'));
    this.#markKey = deriveKey(key, 'mark');
  }

  close(secret: Secret): Sealed {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.#key, iv);
    const sealed = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  open(sealed: Sealed): Secret | null {
    const bytes = Buffer.from(sealed, 'base64');
    if (bytes.length < ivBytes + tagBytes) return null;
    for (const key of [this.#key, ...this.#older]) {
      const opened = openWith(key, bytes);
      if (opened !== null) return opened;
    }
    return null;
  }

  /** After a change of the key the same secret has another fingerprint, and counts as a new one. */
  mark(secret: Secret): Fingerprint {
    return createHmac('sha256', this.#markKey).update(secret.reveal()).digest('hex').slice(0, 16);
  }
}

function deriveKey(key: Secret, purpose: 'seal' | 'mark'): Buffer {
  return Buffer.from(hkdfSync('sha256', key.reveal(), '', `retrigger ${purpose}`, 32));
}

function openWith(key: Buffer, bytes: Buffer): Secret | null {
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
    return new Secret(opened.toString('utf8'));
  } catch {
    return null;
  }
}
