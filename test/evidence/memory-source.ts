import type { ArtifactSource, Found } from '../../src/evidence/artifacts/artifact-source.ts';

/** Buckets in memory: what is not in `objects` is absent; a `Found` stands for how reading goes wrong. */
export function createMemorySource(
  objects: Record<string, string | Found<never>>,
  buckets: readonly string[] = ['bucket'],
): ArtifactSource & { asked: string[] } {
  const asked: string[] = [];
  function look(path: string): Found<string> {
    asked.push(path);
    const object = objects[path] ?? { kind: 'absent' as const };
    return typeof object === 'string' ? { kind: 'found', value: object } : object;
  }
  return {
    asked,
    buckets,
    async read(path) {
      return look(path);
    },
    async stream(path) {
      const found = look(path);
      return found.kind === 'found' ? { kind: 'found', value: streamText(found.value) } : found;
    },
    async tail(path, bytes) {
      const found = look(path);
      return found.kind === 'found' ? { kind: 'found', value: found.value.slice(-bytes) } : found;
    },
    async listFolders() {
      return { kind: 'absent' };
    },
    async listObjects(folder) {
      const found = look(`${folder}/`);
      if (found.kind !== 'found' && objects[`${folder}/`] !== undefined) return found;
      const inside = Object.keys(objects).filter((path) => path.startsWith(`${folder}/`));
      return { kind: 'found', value: inside.map((path) => path.slice(folder.length + 1)).toSorted() };
    },
  };
}

/** A text's bytes in pieces of `size`, so that characters and tags are cut anywhere. */
export async function* streamText(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
