import assert from 'node:assert/strict';
import { readFile } from 'node:fs';
import { serve } from '../../src/cli/serve.ts';
import { readConfig } from '../../src/config/read-config.ts';

/** Serves while a pipe keeps Node's only thread busy, so that the start hangs at its next file until the pipe is closed. */
const [, , pipe = ''] = process.argv;
const read = readConfig();
assert.ok(read.ok);
const serving = serve(read.config);
readFile(pipe, () => {});
process.exitCode = await serving;
