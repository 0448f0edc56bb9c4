import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { type ComposedYaml, composeYaml } from '../../text/compose-yaml.ts';

export interface Mistake {
  line: number;
  column: number;
  message: string;
}

export interface YamlText {
  /** `null`: the text is empty or cannot be read. */
  value: unknown;
  /** Why it cannot be read, one for each line at most; none: it can. */
  mistakes: Mistake[];
  /** The mistake at the key of this path, or at the nearest thing around it that stands in the text. */
  mistakeAt: (path: readonly PropertyKey[], message: string) => Mistake;
}

/** An anchor may be used this often; more is taken for a text that unfolds without end (a "YAML bomb"). */
const maxAliasCount = 100;
/** Lines whose mistakes are reported. */
const maxMistakes = 100;
const maxMessageLength = 200;

type PlacedError = Pick<YAMLError, 'code' | 'message'> & { offset: number };

/**
 * Reads one YAML document, including merge keys (`<<`), and remembers the position of everything. It takes time and memory
 * linear in the size of any text.
 */
export function readYaml(text: string): YamlText {
  const composed = composeYaml(text, { stringKeys: true, merge: true });
  const place = (offset: number, message: string): Mistake => {
    const { line, col } = composed.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  };
  if (composed.kind === 'excess') {
    const { offset, message } = composed.excess;
    return { value: null, mistakes: [place(offset, message)], mistakeAt: () => place(offset, message) };
  }
  const { document } = composed;
  const mistakes: Mistake[] = [];
  const lines = new Set<number>();
  for (const error of listErrors(composed)) {
    const mistake = place(error.offset, describeYamlError(error).slice(0, maxMessageLength));
    // A slip makes the parser stumble over the rest of the line, too.
    if (lines.has(mistake.line)) continue;
    lines.add(mistake.line);
    if (mistakes.push(mistake) === maxMistakes) break;
  }
  const value = mistakes.length === 0 ? unfold() : null;
  const findOffset = indexOffsets(document);
  return { value, mistakes, mistakeAt: (path, message) => place(findOffset(path), message) };

  function unfold(): unknown {
    try {
      return document.toJS({ maxAliasCount }) as unknown;
    } catch (error) {
      mistakes.push(
        place(findAlias(document), error instanceof Error ? describeAliasError(error) : String(error)),
      );
      return null;
    }
  }
}

function listErrors({ document, secondAt }: Extract<ComposedYaml, { kind: 'composed' }>): PlacedError[] {
  const errors = [...document.errors, ...document.warnings].map(({ code, message, pos: [offset] }) => ({
    code,
    message,
    offset,
  }));
  const second = secondAt === null ? [] : [{ code: 'MULTIPLE_DOCS', message: '', offset: secondAt } as const];
  return [...errors, ...findDuplicateKeys(document), ...second];
}

/** The keys that occur twice in a map. */
function findDuplicateKeys(document: Document): PlacedError[] {
  const duplicates: PlacedError[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name: unknown = isScalar(key) ? key.value : key;
        if (seen.has(name) && isNode(key))
          duplicates.push({ code: 'DUPLICATE_KEY', message: '', offset: key.range?.[0] ?? 0 });
        seen.add(name);
      }
    },
  });
  return duplicates;
}

function describeYamlError({ code, message }: PlacedError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; write one in each file';
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice';
  if (code === 'NON_STRING_KEY') return 'this key is not text';
  return message;
}

function describeAliasError({ message }: Error): string {
  if (message.startsWith('Excessive')) return 'the aliases (*name) unfold to too much; write the rules out';
  return message.slice(0, maxMessageLength);
}

/** The offset of an alias that can't be resolved, or else of the first alias. */
function findAlias(document: Document): number {
  const offsets: number[] = [];
  visit(document, {
    Alias: (_, alias) => {
      const offset = alias.range?.[0] ?? 0;
      if (alias.resolve(document) === undefined) offsets.unshift(offset);
      else offsets.push(offset);
    },
  });
  return offsets[0] ?? 0;
}

/** Finds the position of a path's key, or of the nearest thing around it. Each map is indexed once for all paths. */
function indexOffsets(document: Document): (path: readonly PropertyKey[]) => number {
  const indexes = new WeakMap<YAMLMap, Map<string, Pair>>();
  return (path) => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const key of path) {
      const item = isMap(node)
        ? indexOf(node).get(String(key))
        : isSeq(node)
          ? node.items[Number(key)]
          : null;
      const named = isPair(item) ? item.key : item;
      if (isNode(named) && named.range) [offset] = named.range;
      node = isPair(item) ? item.value : item;
    }
    return offset;
  };

  function indexOf(map: YAMLMap): Map<string, Pair> {
    const known = indexes.get(map);
    if (known !== undefined) return known;
    const pairs = map.items.map((pair) => [isNode(pair.key) ? String(pair.key.toJSON()) : '', pair] as const);
    // The first of several keys counts.
    const index = new Map(pairs.toReversed());
    indexes.set(map, index);
    return index;
  }
}
