import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

type Fields = Record<string, unknown>;

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 };

/** The other end of socket mode: a WebSocket server of short text frames, pings and goodbyes. */
export class SocketServer {
  url = '';
  greets = true;
  /** Whether it answers a goodbye. */
  isPolite = true;
  /** What the app sent, parsed. */
  readonly received: Fields[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;

  async listen(t: TestContext): Promise<this> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    server.on('upgrade', (request, socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {}).on('end', () => socket.destroy());
      socket.on('close', () => this.sockets.delete(socket));
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      this.#read(socket);
      if (this.greets) this.send({ type: 'hello' });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      for (const socket of this.sockets) socket.destroy();
      server.close();
    });
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link?ticket=good-ticket`;
    return this;
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    for (const socket of this.sockets) socket.write(frame(opcodes.text, Buffer.from(text)));
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  #read(socket: Socket): void {
    let held: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      held = Buffer.concat([held, data]);
      for (let next = take(held); next !== null; next = take(held)) {
        held = next.rest;
        if (next.opcode === opcodes.text) this.received.push(JSON.parse(next.payload.toString()) as Fields);
        if (next.opcode === opcodes.ping) socket.write(frame(opcodes.pong, next.payload));
        if (next.opcode === opcodes.close && this.isPolite) socket.end(frame(opcodes.close, next.payload));
      }
    });
  }
}

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, length] : [0x80 | opcode, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The first frame of what a client sent, which is masked; `null`: it is not whole yet. */
function take(held: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | null {
  if (held.length < 2) return null;
  const short = held[1]! & 0x7f;
  const at = short < 126 ? 2 : 4;
  if (held.length < at + 4) return null;
  const length = short < 126 ? short : held.readUInt16BE(2);
  const end = at + 4 + length;
  if (held.length < end) return null;
  const mask = held.subarray(at, at + 4);
  const payload = Buffer.from(held.subarray(at + 4, end).map((byte, index) => byte ^ mask[index % 4]!));
  return { opcode: held[0]! & 0x0f, payload, rest: held.subarray(end) };
}
