import { createHash } from 'node:crypto';
import { cleanText } from '../text/clean-text.ts';
import type { Phase } from './phase.ts';

// Kubernetes makes its random suffixes of these letters: no vowel, no 0, 1 or 3.
const random = '[bcdfghjklmnpqrstvwxz2456789]';

/** A cloud's region, whose digits tell it from another: `us-east-1`, `europe-west4`, `eastus2`. */
const compass = '(?:north|south|east|west|central)';
const areas = 'us|eu|ap|sa|ca|me|af|il|mx|cn|europe|asia|australia|africa|northamerica|southamerica';
const regions: readonly RegExp[] = [
  new RegExp(
    `(?<![a-z0-9])(?:${areas})(?:-gov)?-${compass}{1,2}-?\\d{1,2}(?!\\d)(?:-?[a-f](?![a-z0-9]))?`,
    'g',
  ),
  new RegExp(`(?<![a-z0-9])${compass}{1,2}(?:us|europe|india|asia)\\d(?![a-z0-9])`, 'g'),
];

/** Short words after a dash that look like a generated suffix but are not. */
const words =
  'e2e|s390x|i18n|l10n|a11y|http|https|html|grpc|sync|mgmt|psql|dhcp|smtp|sftp|rpms|pvcs|vpcs|ntfs|xfs|ipsec';

/** Codes that distinguish two failures, although they are digits: `status code 503`, `exit status 2`, `AADSTS700016`. */
const codes: readonly RegExp[] = [
  /(?<=\b(?:https?(?:\/\d(?:\.\d)?)?|status|respon(?:se|ded)|re(?:turned|plied|ceived)|error|code)(?: (?:status|code|error|with|a|an|http))?["']?[ :=(]{1,3})[1-5]\d\d(?![\w.%/-])(?! (?:of|(?!status)[a-z]{2,20}s)\b)/gi,
  /(?<=\b(?:(?:exit|error|status|result|return)[ _-]?(?:code|status)|with code|errno|curl|rc)["']?[ :=(]{1,3})\d{1,7}(?![\w.%/-])/gi,
  /(?<=\bError )\d{1,5}(?![\w.%/-])(?! of\b)/g,
  /(?<![\w-])(?:[A-Z]{3,12}-){1,3}\d{3,7}(?![\w-])|(?<![\w-])(?!E\d{4} +\d\d:)(?:E|[A-Z]{3,12})\d{3,7}(?![\w-])/g,
];

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';

/** What differs between two runs of one failure, the longer forms in front of those they contain. */
const volatile: readonly RegExp[] = [
  // The nodes without room for a pod differ from moment to moment.
  /\b\d+\/\d+ nodes are available:[^\n]*/g,
  /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi,
  /\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?/g,
  new RegExp(
    `(?:\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\\b${month} {1,2}\\d{1,2}|\\b\\d{1,2} ${month})\\b`,
    'g',
  ),
  // An address of IPv6.
  /(?<![\w:.])(?=[0-9a-f:]{0,40}\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/g,
  /\bci-(?:op|ln)-[a-z0-9]{6,}(?:-[a-z0-9]{4,6}\b)?/g,
  // The installing steps append four or five letters and digits to a prefix: `ci-rosa-s-cvvy`.
  /(?<![\w-])ci-(?:rosa|aro|osd|ocm|ocp|hcp)(?:-[a-z]{1,4})?-[a-z0-9]{4,5}(?!\w)/g,
  /\b[a-z0-9]{4}(?=\.[a-z]\d\.(?:openshiftapps|devshift)\.)/g,
  /\btmp\.[A-Za-z0-9]{6,}/g,
  new RegExp(`-(?:${random}{8,10}-)?${random}{5}\\b`, 'g'),
  // Four or five letters and digits with a letter after a digit, or four consonants: no word looks like that.
  new RegExp(`-(?!(?:${words})\\b)(?=[a-z0-9]{0,3}\\d[a-z])[a-z0-9]{4,5}\\b(?!-)`, 'g'),
  new RegExp(`-(?!(?:${words})\\b)[b-df-hj-np-tv-z]{4}\\b(?!-)`, 'g'),
  /\b(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|h|m|s))+\b/g,
  // A size, which with six characters would else be taken for an id, and with fewer not.
  /\b\d+(?:\.\d+)?(?:[kKMGTPE]i?[bB]?|B)\b/g,
  /\b0x[0-9a-f]+\b/gi,
  /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{6,}\b/g,
  /\d+(?:[.,:]\d+)*/g,
];

const lastLines = 5;
const noise: readonly RegExp[] = [
  /^Link to (?:step|job) on registry info site: /,
  /^\{"component":"entrypoint",/,
  /^error: failed to execute wrapped command/,
  // The events of a pod that waits for a node (pkg/util/pods.go in ci-tools).
  /^Found \d+ events for Pod /,
  /^\* (?:\S{10,40} )?\d+x (?:default-scheduler|cluster-autoscaler|karpenter): /,
];

/**
 * A fingerprint of a failure, 16 hexadecimal digits: the same for the same phase, steps and message, whatever
 * the ids, digits, times, namespaces and colours in it.
 */
export function signFailure(phase: Phase | null, steps: readonly string[], message: string): string {
  const facts = JSON.stringify([phase, steps.toSorted(), normalizeMessage(message)]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

/** The message without what varies from run to run; exported for its tests. */
export function normalizeMessage(message: string): string {
  const stable = selectLines(cleanText(message));
  return volatile
    .reduce((text, pattern) => text.replace(pattern, '#'), spellCodes(spellRegions(stable)))
    .replace(/\s+/g, ' ')
    .trim();
}

/** Writes the digits of regions as letters, which stay, and leaves out the zone: `us-east-1a` is in `us-east-1`. */
function spellRegions(text: string): string {
  const spell = (region: string) => spellDigits(region.replace(/(?<=\d)-?[a-f]$/, ''));
  return regions.reduce((spelt, pattern) => spelt.replace(pattern, spell), text);
}

function spellCodes(text: string): string {
  return codes.reduce((spelt, pattern) => spelt.replace(pattern, spellDigits), text);
}

function spellDigits(text: string): string {
  return text.replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '');
}

/**
 * ci-operator puts the last 2048 bytes of a container's log behind `---`. Their beginning depends on every
 * length in them, so only their last lines are taken, without the one that was cut.
 */
function selectLines(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !noise.some((pattern) => pattern.test(line)));
  const cut = lines.indexOf('---');
  if (cut < 0) return lines.join('\n');
  const tail = lines.slice(cut + 1).filter((line) => line.trim() !== '---');
  return [...lines.slice(0, cut), ...(tail.length > 1 ? tail.slice(1) : tail).slice(-lastLines)].join('\n');
}
