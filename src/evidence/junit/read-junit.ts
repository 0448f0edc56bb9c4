import sax from 'sax';
import { JunitCollector, type FailedCase } from './junit-collector.ts';

interface JunitReport {
  failed: FailedCase[];
  /** What is wrong with the document, as the rest of a sentence that begins with its name. */
  problems: string[];
  /** Reading broke off although the document goes on: another try can help. */
  interrupted: boolean;
}

// sax checks its buffers once a write, so a write's size bounds what a buffer holds above its limit.
const pieceBytes = 16_384;
const maxBytes = 512 * 1_048_576;

/**
 * Reads a JUnit document as it comes, in memory that does not grow with it, up to 512 MiB. What was read counts, whatever
 * ends the reading. A failed post phase is the exception: cases are sorted by name, so the case of the pre phase, which
 * would come first in time, may be in the part that is missing. `null`: it is no JUnit document (gcsweb answers a missing
 * file with an HTML page). Never rejects.
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
      if (read > maxBytes) parser.stop('is over 512 MiB');
      if (parser.stopped) return null;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  parser.write(decoder.decode());
  return null;
}

const documentElements = new Set(['testsuites', 'testsuite', 'testcase']);
const deepest = 200;
const keptOfBuffer = 4_096;

/**
 * Walks a JUnit document and hands its cases to a collector. sax runs in its lenient mode, where a forbidden
 * entity stays as it is written and an unknown one is not looked up, so no DTD has a say.
 */
class JunitParser {
  /** An element of JUnit was the first one. */
  isJunit = false;
  stopped = false;
  problem: string | null = null;
  readonly #collector: JunitCollector;
  readonly #parser: sax.SAXParser;
  /** Elements that are open. sax keeps all of them, so their number must be bounded. */
  #depth = 0;
  /** The depth at which the failure that is being read began; 0 outside of one. */
  #failureDepth = 0;
  /** A `message` attribute that no body has repeated so far. */
  #message = '';

  constructor(collector: JunitCollector) {
    this.#collector = collector;
    this.#parser = sax.parser(false, {
      lowercase: true,
      noscript: true,
      strictEntities: true,
    } as sax.SAXOptions);
    const handlers: Partial<sax.SAXParser> = {
      onopentagstart: (tag) => this.#open(tag.name),
      onattribute: ({ name, value }) => this.#readAttribute(name, value),
      onclosetag: (name) => this.#close(name),
      ontext: (text) => this.#readText(text),
      oncdata: (text) => this.#readText(text),
      onerror: (error) => this.#recover(error),
    };
    Object.assign(this.#parser, handlers);
    // A root of our own makes several elements beside each other as good as one.
    this.#parser.write('<junit-document>');
    this.#depth = 0;
  }

  write(text: string): void {
    if (!this.stopped) this.#parser.write(text);
  }

  /** Ends the reading before the document's end. */
  stop(problem: string): void {
    this.stopped = true;
    this.problem ??= problem;
  }

  /** Takes the document to be over, wherever that is. */
  end(): void {
    if (!this.stopped) this.#parser.close();
    if (this.#depth > 0) this.problem ??= 'is cut short';
    this.#flushMessage();
  }

  #open(name: string): void {
    this.#depth += 1;
    if (name === 'junit-document' || this.stopped) return;
    if (!this.isJunit && !documentElements.has(name)) return this.stop('is not a JUnit file');
    this.isJunit = true;
    if (this.#depth > deepest) return this.stop(`nests deeper than ${deepest} elements`);
    if (name === 'testcase') {
      this.#leaveFailure();
      this.#collector.openCase();
    } else if (isFailure(name) && this.#failureDepth === 0) {
      this.#failureDepth = this.#depth;
      this.#collector.openFailure();
    }
  }

  #readAttribute(name: string, value: string): void {
    // sax gathers a tag's attributes in an object; emptied here, it can't grow with their number.
    this.#parser.tag.attributes = {};
    if (this.stopped) return;
    const element = this.#parser.tag.name;
    if (element === 'testcase' && name === 'name') this.#collector.nameCase(value);
    if (element === 'testsuite' && name === 'name') this.#collector.nameSuite(value);
    if (isFailure(element) && name === 'message' && this.#failureDepth === this.#depth)
      this.#message = value.trim();
  }

  #readText(text: string): void {
    if (this.#failureDepth === 0 || this.stopped) return;
    if (this.#message !== '' && text.includes(this.#message)) this.#message = '';
    if (text.trim() !== '') this.#flushMessage();
    this.#collector.addText(text);
  }

  #close(name: string): void {
    if (this.#depth === this.#failureDepth) this.#leaveFailure();
    this.#depth -= 1;
    if (name === 'testcase') this.#collector.closeCase();
  }

  #leaveFailure(): void {
    this.#flushMessage();
    this.#failureDepth = 0;
  }

  #flushMessage(): void {
    if (this.#message !== '') this.#collector.addText(`${this.#message}\n`);
    this.#message = '';
  }

  /** sax reports a buffer over its 64 KiB and goes on filling it; its head is enough. */
  #recover(error: Error): void {
    this.#parser.resume();
    const [, buffer] = /^Max buffer length exceeded: (\w+)/.exec(error.message) ?? [];
    if (buffer === undefined) {
      this.problem ??= 'is cut short';
      return;
    }
    const held: unknown = Reflect.get(this.#parser, buffer);
    if (typeof held === 'string') Reflect.set(this.#parser, buffer, held.slice(0, keptOfBuffer));
  }
}

function isFailure(name: string): boolean {
  return name === 'failure' || name === 'error';
}
