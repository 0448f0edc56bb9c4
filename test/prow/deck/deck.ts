import { prowjobYaml } from '../artifacts/prowjob-json.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { LocalServer } from '../local-server.ts';
import { type Asked, type Reply, replyWith, serveReplies } from '../wire.ts';

const plain = { 'content-type': 'text/plain; charset=utf-8' };

/** Deck's page of a ProwJob, `GET /prowjob?prowjob=ID`: YAML, without a login, until sinker has deleted it. */
export class Deck {
  /** The ids that it was asked for, oldest first. */
  readonly asked: string[] = [];
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  listen(): Promise<LocalServer> {
    return serveReplies((asked) => this.answer(asked));
  }

  answer({ path }: Asked): Reply {
    const { pathname, searchParams } = new URL(path, 'http://deck');
    const id = searchParams.get('prowjob');
    if (pathname !== '/prowjob' || id === null) return replyWith(404, plain, '404 page not found\n');
    this.asked.push(id);
    const run = this.#cluster.find(id);
    if (run === null)
      return replyWith(404, plain, `ProwJob not found: prowjobs.prow.k8s.io "${id}" not found\n`);
    return replyWith(200, plain, prowjobYaml(run));
  }
}
