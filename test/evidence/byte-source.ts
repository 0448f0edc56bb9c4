import type { ArtifactSource } from '../../src/evidence/artifacts/artifact-source.ts';

/** A bucket in memory whose objects are bytes, read as the real one reads them; what is not there is absent. */
export function createByteSource(objects: Readonly<Record<string, Uint8Array>>): ArtifactSource {
  const decoder = new TextDecoder();
  return {
    buckets: ['bucket'],
    async read(path, maxBytes) {
      const bytes = objects[path];
      if (bytes === undefined) return { kind: 'absent' };
      if (bytes.length > maxBytes) return { kind: 'too-large', limit: maxBytes, unit: 'bytes' };
      return { kind: 'found', value: decoder.decode(bytes) };
    },
    async stream(path) {
      const bytes = objects[path];
      return bytes === undefined ? { kind: 'absent' } : { kind: 'found', value: inPieces(bytes) };
    },
    async tail(path, count) {
      const bytes = objects[path];
      if (bytes === undefined) return { kind: 'absent' };
      return { kind: 'found', value: decoder.decode(bytes.subarray(Math.max(0, bytes.length - count))) };
    },
    async listFolders() {
      return { kind: 'absent' };
    },
    async listObjects() {
      return { kind: 'found', value: [] };
    },
  };
}

/** As a socket brings them. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 65_521;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
