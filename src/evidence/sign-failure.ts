import { createHash } from 'node:crypto';
import { cleanText } from './clean-text.ts';
import type { Phase } from './phase.ts';

// Kubernetes makes its random suffixes of these letters: no vowel, no 0, 1 or 3.
const random = '[bcdfghjklmnpqrstvwxz2456789]';

/** What differs between two runs of one failure, the longer forms in front of those they contain. */
const volatile: readonly RegExp[] = [
  /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi,
  /\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?/g,
  /\bci-(?:op|ln)-[a-z0-9]{6,}(?:-[a-z0-9]{4,6}\b)?/g,
  /\btmp\.[A-Za-z0-9]{6,}/g,
  new RegExp(`-(?:${random}{8,10}-)?${random}{5}\\b`, 'g'),
  /\b(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|h|m|s))+\b/g,
  // A size, which with six characters would else be taken for an id, and with fewer not.
  /\b\d+(?:\.\d+)?(?:[kKMGTPE]i?[bB]?|B)\b/g,
  /\b0x[0-9a-f]+\b/gi,
  /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{6,}\b/g,
  /\d+(?:[.,:]\d+)*/g,
];

const lastLines = 5;
const noise =
  /^Link to (?:step|job) on registry info site: |^\{"component":"entrypoint",|^error: failed to execute wrapped command/;

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
    .reduce((text, pattern) => text.replace(pattern, '#'), stable)
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * ci-operator puts the last 2048 bytes of a container's log behind `---`. Where these begin depends on every
 * length in them, so only their last lines are taken, without the one that was cut.
 */
function selectLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !noise.test(line));
  const cut = lines.indexOf('---');
  if (cut < 0) return lines.join('\n');
  const tail = lines.slice(cut + 1).filter((line) => line.trim() !== '---');
  return [...lines.slice(0, cut), ...(tail.length > 1 ? tail.slice(1) : tail).slice(-lastLines)].join('\n');
}
