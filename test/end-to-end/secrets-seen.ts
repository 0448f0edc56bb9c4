import { createHash } from 'node:crypto';

/** Letters of a secret's core, one half each: what shows a half of it shows too much. */
const halfLength = 10;

/** Secrets that occur nowhere else, and a search for each in any form in which it might be repeated. */
export class SecretsSeen {
  readonly #forms = new Map<string, string[]>();

  /** A core of letters and digits alone, which every escaping leaves as it is; put what is awkward around it. */
  mint(name: string): string {
    const digest = createHash('sha256').update(name).digest('hex');
    const core = BigInt(`0x${digest}`)
      .toString(36)
      .slice(0, 2 * halfLength);
    this.learn(name, core);
    return core;
  }

  /** A core that somebody else made up. */
  learn(name: string, core: string): void {
    const halves = [core.slice(0, halfLength), core.slice(halfLength)];
    this.#forms.set(name, halves.flatMap(listForms));
  }

  /** The names of the secrets that show in these bytes. */
  find(bytes: string | Uint8Array): string[] {
    const text = Buffer.from(bytes).toString('latin1');
    const lower = text.toLowerCase();
    const shows = (form: string) => text.includes(form) || lower.includes(form);
    return [...this.#forms].flatMap(([name, forms]) => (forms.some(shows) ? [name] : []));
  }
}

/** As it is, in hexadecimal digits, in UTF-16, and in base64 wherever it may begin in what is encoded. */
function listForms(text: string): string[] {
  const bytes = Buffer.from(text);
  const wide = Buffer.from(text, 'utf16le').toString('latin1').slice(0, -1);
  const shifted = [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // What its neighbours have a part in, at both ends, is cut off.
    const own = encoded.slice(shift === 0 ? 0 : 4, Math.floor(((shift + bytes.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [text, bytes.toString('hex'), wide, ...shifted];
}
