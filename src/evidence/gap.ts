/**
 * `late`: it was not read in time. `unlisted`: the names in a folder could not be read. `open`: it should say that the run
 * has ended, and only Gangway says so.
 */
export const gapKinds = ['absent', 'damaged', 'too-large', 'unread', 'late', 'unlisted', 'open'] as const;

/** A part of the evidence that is missing, and why. */
export interface Gap {
  /** The file or folder below the run's folder: `artifacts/junit_operator.xml`. */
  file: string;
  kind: (typeof gapKinds)[number];
  /** The cause, worded to follow the words of its kind; empty if the file is `absent`. */
  detail: string;
  /** The number of other files in the same folder that have a gap, if one stands for all of them. */
  others?: number;
}

const knownFailures = 'The labels of known failures';

/** A gap in words: `artifacts/junit_operator.xml is not there`. */
export function formatGap({ file, kind, detail, others = 0 }: Gap): string {
  const more = others === 0 ? '' : ` (and ${others} more files of ${file.slice(0, file.lastIndexOf('/'))})`;
  return `${formatCause(file, kind, detail)}${more}`;
}

/** All gaps in one line; empty if there is none. */
export function formatGaps(gaps: readonly Gap[]): string {
  return gaps.map(formatGap).join(', ');
}

function formatCause(file: string, kind: Gap['kind'], detail: string): string {
  switch (kind) {
    case 'absent':
      return `${file} is not there`;
    case 'damaged':
      return `${file} ${detail}`;
    case 'too-large':
      return `${file} is ${detail} and was not read`;
    case 'unread':
      return `${file} could not be read: ${detail}`;
    case 'late':
      return `${knownFailures} could not be read within ${detail}`;
    case 'unlisted':
      return `${knownFailures} could not be listed: ${detail}`;
    case 'open':
      return `Gangway says that the run has ended, but ${detail}.`;
  }
}
