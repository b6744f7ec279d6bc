/**
 * The few questions that are put to a server on this machine, over plain HTTP on the loopback address.
 * One connection each, closed at once; bounded in time and size. The token goes into a header, never into the URL.
 * No answer, a wrong one or a refusal are all `null` or `false`: whoever asks wants to know whether it is our server.
 */
import { request } from 'node:http';
import * as v from 'valibot';
import { replyBytesMax, statusTimeoutMs } from './limits.ts';

export interface ServerAddress {
  readonly port: number;
  readonly token: string;
}

const Status = v.pipe(v.string(), v.parseJson(), v.object({ started: v.string(), kernels: v.number() }));
const Version = v.pipe(v.string(), v.parseJson(), v.object({ version: v.string() }));

/** The version of the server if it accepts the token and speaks like a Jupyter server, else null. */
export async function askVersion(address: ServerAddress): Promise<string | null> {
  const status = await ask(address, 'GET', '/api/status');
  if (status?.code !== 200 || !v.is(Status, status.body)) return null;
  const version = await ask(address, 'GET', '/api');
  const decoded = v.safeParse(Version, version?.body);
  return decoded.success ? decoded.output.version : null;
}

/** True when the server accepted the wish to shut down with all its kernels. */
export async function askShutdown(address: ServerAddress): Promise<boolean> {
  const reply = await ask(address, 'POST', '/api/shutdown');
  return reply !== null && reply.code >= 200 && reply.code < 300;
}

interface Reply {
  readonly code: number;
  readonly body: string;
}

function ask(address: ServerAddress, method: 'GET' | 'POST', path: string): Promise<Reply | null> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port: address.port,
      path,
      method,
      agent: false,
      headers: { authorization: `token ${address.token}`, 'content-length': 0 },
    });
    // A deadline for the whole exchange: the socket's own time-out starts anew with every byte.
    const timer = setTimeout(() => asked.destroy(), statusTimeoutMs);
    const settle = (reply: Reply | null) => {
      clearTimeout(timer);
      resolve(reply);
    };
    asked.on('error', () => settle(null));
    asked.on('close', () => settle(null));
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > replyBytesMax) asked.destroy();
        else chunks.push(chunk);
      });
      response.on('error', () => settle(null));
      response.on('end', () => {
        settle({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    asked.end();
  });
}
