import { bucketPattern, type Folder, isBuildId, isProwName } from './run.ts';

/** What a pasted text names. */
export type PastedRun =
  /** A run's folder; `hasBucket`: the text names the bucket, too. Without that, `folder` begins with a `?`. */
  | { kind: 'folder'; folder: Folder; jobName: string; buildId: string; hasBucket: boolean }
  /** A run by job and build id: its page of logs in Deck, or a pull request's alias in the bucket. */
  | { kind: 'build'; jobName: string; buildId: string }
  /** A ProwJob by its name. */
  | { kind: 'prow-job'; prowJobId: string }
  /** A page of many runs. */
  | { kind: 'many' }
  | { kind: 'none' };

const maxLength = 4_000;
const bucket = `(${bucketPattern})`;
/** Ways to an object: Deck, gcsweb, the JSON API, Google's console, and last the plain address. */
const objectUrls = [
  new RegExp(`^/view/(?:gs|gcs)/${bucket}/(.+)$`),
  new RegExp(`^/(?:gcs|gs)/${bucket}/(.+)$`),
  new RegExp(`^/(?:download/)?storage/v1/b/${bucket}/o/(.+)$`),
  new RegExp(`^/storage/browser/(?:_details/)?${bucket}/(.+)$`),
  new RegExp(`^/${bucket}/((?:pr-)?logs/.+)$`),
];
const pathAlone = /^\/((?:pr-)?logs\/.+)$/;
/** The folder of a run at the front of a path in the bucket, whichever of its files the rest names (PROW.md, 3). */
const runFolders = [
  /^logs\/([\w.-]+)\/(\d{1,30})(?:\/|$)/,
  /^pr-logs\/pull\/batch\/([\w.-]+)\/(\d{1,30})(?:\/|$)/,
  /^pr-logs\/pull\/\d+\/([\w.-]+)\/(\d{1,30})(?:\/|$)/,
  /^pr-logs\/pull\/[\w.-]+\/\d+\/([\w.-]+)\/(\d{1,30})(?:\/|$)/,
];
const alias = /^pr-logs\/directory\/([\w.-]+)\/(\d{1,30})\.txt$/;

/**
 * Reads what people paste to name a run: links of Deck, gcsweb, Google Cloud Storage and its console to a run or to any
 * file or folder below it, `gs://` paths, Deck's `/prowjob?prowjob=ID`, with or without a scheme, encoded or not, in
 * Slack's `<url|label>` or in quotes, with punctuation at the end. The host of a link does not matter, except for
 * Google's `BUCKET.storage.googleapis.com`.
 */
export function readPastedRun(text: string): PastedRun {
  const address = text.length > maxLength ? null : decodeWhole(trimAddress(text));
  if (address === null) return { kind: 'none' };
  const cut = /[?#]/.exec(address)?.index ?? address.length;
  const path = decode(stripHost(address.slice(0, cut)));
  if (path === null || /[\s\p{Cc}]|\/\.{0,2}\//u.test(path)) return { kind: 'none' };
  return readPath(path.replace(/;tab=[^/]*$/, '')) ?? readPage(path, address.slice(cut));
}

function readPath(path: string): PastedRun | null {
  for (const objectUrl of objectUrls) {
    const [, name, rest] = objectUrl.exec(path) ?? [];
    if (name !== undefined && rest !== undefined) return readRest(name, rest);
  }
  const [, rest] = pathAlone.exec(path) ?? [];
  return rest === undefined ? null : readRest(null, rest);
}

/** `name`: of the bucket. */
function readRest(name: string | null, rest: string): PastedRun {
  for (const runFolder of runFolders) {
    const [whole, jobName, buildId] = runFolder.exec(rest) ?? [];
    if (whole === undefined || jobName === undefined || buildId === undefined) continue;
    const folder = `${name ?? '?'}/${whole.replace(/\/$/, '')}`;
    return { kind: 'folder', folder, jobName, buildId, hasBucket: name !== null };
  }
  const [, jobName, buildId] = alias.exec(rest) ?? [];
  if (jobName !== undefined && buildId !== undefined) return { kind: 'build', jobName, buildId };
  return { kind: /^(?:pr-)?logs(?:\/|$)/.test(rest) ? 'many' : 'none' };
}

/** Deck's pages that name no object. */
function readPage(path: string, rest: string): PastedRun {
  const query = new URLSearchParams(rest.replace(/#.*$/s, ''));
  const prowJobId = query.get('prowjob');
  if (path === '/prowjob' && prowJobId !== null && isProwName(prowJobId))
    return { kind: 'prow-job', prowJobId };
  const [jobName, buildId] = [query.get('job'), query.get('id')];
  if (path === '/log' && jobName !== null && buildId !== null && isProwName(jobName) && isBuildId(buildId)) {
    return { kind: 'build', jobName, buildId };
  }
  return path.startsWith('/job-history/') || (jobName !== null && /^\/?$/.test(path))
    ? { kind: 'many' }
    : { kind: 'none' };
}

/** Without what Slack, Markdown, quotes and the end of a sentence put around an address. */
function trimAddress(text: string): string {
  const [, linked] = /^\s*[`"'(]*<([^|<>]*)(?:\|[^<>]*)?>[`"'.,;:!?)]*\s*$/.exec(text) ?? [];
  return (linked ?? text)
    .trim()
    .replace(/^[`"'([<«“‘]+/, '')
    .replace(/(?<![`"')\]>»”’.,;:!])[`"')\]>»”’.,;:!]+$/, '')
    .replaceAll('&amp;', '&');
}

/** The address may come from the query of another one. */
function decodeWhole(address: string): string | null {
  return /^\w{2,5}%3a/i.test(address) ? decode(address) : address;
}

/** `null`: the text is encoded wrongly. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The path of an address; `gs://BUCKET/…` becomes `/gs/BUCKET/…`. */
function stripHost(address: string): string {
  const virtual = /^(?:https?:\/\/)?([a-z0-9][a-z0-9_-]{0,62})\.storage\.googleapis\.com(\/.*)$/i.exec(
    address,
  );
  if (virtual !== null) return `/${virtual[1]}${virtual[2]}`;
  if (/^gs:\/\//i.test(address)) return `/gs/${address.slice(5)}`;
  const [, path] = /^https?:\/\/[^/]+(\/.*)?$/is.exec(address) ?? [];
  if (/^https?:\/\//i.test(address)) return path ?? '/';
  if (/^\w+:/.test(address) && !/^[\w.-]+:\d+\//.test(address)) return '';
  const [, host, rest] = /^([\w.-]+(?::\d+)?)(\/.*)$/s.exec(address) ?? [];
  if (host === undefined || rest === undefined) return address;
  // A host has a dot or a port; the first word of a path has neither.
  return /[.:]/.test(host) ? rest : `/${address}`;
}
