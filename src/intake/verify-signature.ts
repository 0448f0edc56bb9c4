import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/** The three headers of Standard Webhooks as they came; each of their characters is a byte, as node reads them. */
export interface SignatureHeaders {
  id: string | undefined;
  timestamp: string | undefined;
  signature: string | undefined;
}

/**
 * `absent`: not signed at all; `partial`: a header is missing, or no signature is of a version that we know; `stale`:
 * its time is too far from ours.
 */
export type SignatureFault = 'absent' | 'partial' | 'stale' | 'wrong';

/** By Standard Webhooks, back and ahead. */
const toleranceMs = 5 * 60 * 1000;
const version = 'v1,';

/** Says what speaks against a signature before there is a body; `null`: the body has to be looked at. `now` in ms. */
export function checkSignatureHeaders(headers: SignatureHeaders, now: number): SignatureFault | null {
  const { id = '', timestamp = '', signature = '' } = headers;
  if (id === '' && timestamp === '' && signature === '') return 'absent';
  if (id === '' || timestamp === '' || listSignatures(headers).length === 0) return 'partial';
  const isTime = /^\d{1,12}$/.test(timestamp);
  return isTime && Math.abs(now - Number(timestamp) * 1000) <= toleranceMs ? null : 'stale';
}

/**
 * Says what speaks against a signature by Standard Webhooks (version 1: HMAC-SHA256) over the bytes of a body; `null`
 * where any of its signatures is by any of the keys. The time it takes tells nothing of what the right one would be.
 * Who sends a signed request once more within the five minutes gains nothing: the same `prow_job_id` is the same chain.
 * `now` in ms.
 */
export function verifySignature(
  headers: SignatureHeaders,
  body: Buffer,
  keys: readonly KeyObject[],
  now: number,
): SignatureFault | null {
  const fault = checkSignatureHeaders(headers, now);
  if (fault !== null) return fault;
  const shown = listSignatures(headers).map((each) => Buffer.from(each, 'latin1'));
  const start = Buffer.from(`${headers.id}.${headers.timestamp}.`, 'latin1');
  const isRight = keys.some((key) => {
    const right = Buffer.from(createHmac('sha256', key).update(start).update(body).digest('base64'));
    return shown.some((each) => each.length === right.length && timingSafeEqual(each, right));
  });
  return isRight ? null : 'wrong';
}

function listSignatures({ signature = '' }: SignatureHeaders): string[] {
  const listed = signature.split(' ').filter((each) => each.startsWith(version));
  return listed.map((each) => each.slice(version.length));
}
