import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Seal, Sealed } from '../../chain/seal.ts';
import { Secret } from '../../secret.ts';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** Seals with AES-256-GCM under a key that is derived from the given text, a fresh nonce each time. */
export class AesSeal implements Seal {
  readonly #key: Buffer;

  constructor(key: Secret) {
    this.#key = createHash('sha256').update(key.reveal()).digest();
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
    const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, ivBytes));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    try {
      const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
      return new Secret(opened.toString('utf8'));
    } catch {
      return null;
    }
  }
}
