/**
 * What can be wrong with an object: `missing` and `late` (until `until`) are 404 and in no list;
 * `truncated` half of the bytes under a correct length; `cut` the connection breaks half way;
 * `html` gcsweb's page with status 200; `denied` a private bucket's 403; `reset` no answer at all.
 */
export type BucketFaultKind =
  | 'missing'
  | 'late'
  | 'truncated'
  | 'cut'
  | 'html'
  | 'denied'
  | '429'
  | '500'
  | '503'
  | 'reset';

export interface BucketFault {
  /** The end of an object's name (or of a listing's prefix), a pattern, or a test of the whole. */
  path: string | RegExp | ((path: string) => boolean);
  kind: BucketFaultKind;
  /** Reads of objects meet it, unless listings are to. */
  on?: 'object' | 'list';
  /** Ms since the epoch on the stand-in's clock; without it the fault stays. */
  until?: number;
  /** So many requests meet it; without it all do. */
  times?: number;
}

export const htmlPage =
  '<!doctype html>\n<html><head><title>GCS browser</title></head><body>Not found</body></html>\n';

/** Google Cloud Storage's XML error body. */
export function xmlError(code: string, message: string, details = ''): string {
  const detail = details === '' ? '' : `<Details>${details}</Details>`;
  return `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${message}</Message>${detail}</Error>`;
}
