import type { ArtifactSource } from './artifact-source.ts';

/** The source, with small objects kept once they were read: several readers of one run cost the bucket one read. */
export function readOnce(source: ArtifactSource): ArtifactSource {
  const known = new Map<string, ReturnType<ArtifactSource['read']>>();
  return {
    buckets: source.buckets,
    read(path, maxBytes) {
      const key = `${maxBytes} ${path}`;
      const reading = known.get(key) ?? source.read(path, maxBytes);
      known.set(key, reading);
      return reading;
    },
    stream: (path) => source.stream(path),
    tail: (path, bytes) => source.tail(path, bytes),
    listFolders: (folder, from, limits) => source.listFolders(folder, from, limits),
    listObjects: (folder) => source.listObjects(folder),
  };
}
