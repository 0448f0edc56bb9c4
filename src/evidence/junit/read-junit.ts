import { JunitCollector, type FailedCase } from './junit-collector.ts';
import { JunitParser } from './junit-parser.ts';

export interface JunitReport {
  failed: FailedCase[];
  /** What is wrong with the document, as the rest of a sentence that begins with its name. */
  problems: string[];
  /** Reading broke off although the document goes on: another try can help. */
  interrupted: boolean;
}

// sax looks at its buffers once a write, so a write's size bounds what a buffer holds above its limit.
const pieceBytes = 16_384;
const mostBytes = 512 * 1_048_576;

/**
 * Reads a JUnit document as it comes, in memory that does not grow with it, up to 512 MiB. What was read
 * counts, whatever ends the reading, but for a failed post phase: cases are sorted by name, so that of the pre phase,
 * which would come first in time, may be in the part that is missing. `null`: it is no JUnit document (gcsweb answers a missing file with an
 * HTML page). Never rejects.
 */
export async function readJunit(bytes: AsyncIterable<Uint8Array>): Promise<JunitReport | null> {
  const collector = new JunitCollector();
  const parser = new JunitParser(collector);
  const broken = await feed(bytes, parser);
  parser.end();
  const collected = collector.finish();
  if (!parser.isJunit && broken === null) return null;
  const isCut = broken !== null || parser.problem !== null;
  const failed = isCut ? collected.filter(({ kind }) => kind !== 'post') : collected;
  const problems: string[] = [];
  if (broken !== null) problems.push(`could not be read to its end: ${broken}`);
  else if (parser.problem !== null) problems.push(parser.problem);
  if (collector.failedCount > collected.length) {
    problems.push(`has ${collector.failedCount} failed cases, of which ${collected.length} were kept`);
  }
  return { failed, problems, interrupted: broken !== null };
}

/** Gives the reason if the bytes stop coming before their end. */
async function feed(bytes: AsyncIterable<Uint8Array>, parser: JunitParser): Promise<string | null> {
  const decoder = new TextDecoder('utf-8');
  let read = 0;
  try {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.length && !parser.stopped; at += pieceBytes) {
        parser.write(decoder.decode(chunk.subarray(at, at + pieceBytes), { stream: true }));
      }
      read += chunk.length;
      if (read > mostBytes) parser.stop('is over 512 MiB');
      if (parser.stopped) return null;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  parser.write(decoder.decode());
  return null;
}
