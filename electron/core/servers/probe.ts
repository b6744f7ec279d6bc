/**
 * What answers at an address, in words.
 *
 * Asks `api` (public on every Jupyter server) and `api/status` (needs the token), and tells the cases a person must
 * act on differently apart. Never follows a redirect to another place: the token goes to the named server only.
 */
import { objectOrEmpty } from '../../../shared/outputs/json.ts';
import { codeOf, describeUnknown, fail, ok, type Problem, type Result } from '../../../shared/result.ts';
import { restTimeoutMs } from '../../../shared/limits.ts';
import { authorizationOf, type Token } from './token.ts';

export type ProbeProblem =
  | 'away'
  | 'refused'
  | 'unknown-host'
  | 'certificate'
  | 'needs-login'
  | 'wrong-token'
  | 'not-jupyter';

export interface ServerFacts {
  readonly version: string | null;
  readonly runningKernels: number | null;
  /** The server belongs to a JupyterHub. */
  readonly isHub: boolean;
}

/** A probe answers sooner than other requests: a person is waiting for it. */
const probeTimeoutMs = Math.min(10_000, restTimeoutMs);

interface Answer {
  readonly status: number;
  readonly location: string | null;
  /** Servers that a JupyterHub started say so in a header of every answer. */
  readonly isHub: boolean;
  readonly json: unknown;
}

async function ask(url: string, token: Token | null): Promise<Answer> {
  const response = await fetch(url, {
    headers: { Accept: 'application/json', ...authorizationOf(token) },
    redirect: 'manual',
    signal: AbortSignal.timeout(probeTimeoutMs),
  });
  const text = (await response.text()).slice(0, 1_000_000);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const { headers } = response;
  return {
    status: response.status,
    location: headers.get('location'),
    isHub: headers.has('x-jupyterhub-version'),
    json,
  };
}

/** Turns a failed request into what it means for a person. */
export function networkProblem(baseUrl: string, error: unknown): { ok: false; problem: Problem<ProbeProblem> } {
  const { host, hostname, protocol } = new URL(baseUrl);
  const code = codeOf(error) || (error instanceof Error && error.name === 'TimeoutError' ? 'ETIMEDOUT' : '');
  if (code === 'ECONNREFUSED') {
    return fail(
      'refused',
      `Nothing answers at ${host}. Check that the Jupyter server is running there and that the port is right; if it runs behind SSH, check that the tunnel is open.`,
    );
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return fail(
      'unknown-host',
      `The host name ${hostname} is not known. Check the spelling, or that you are on the network or VPN that knows it.`,
    );
  }
  if (code.includes('CERT') || code.includes('SELF_SIGNED') || code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return fail(
      'certificate',
      `The certificate of ${host} is not trusted by this computer. Ask whoever runs the server for its certificate authority and install it in the system.`,
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return fail(
      'away',
      `${host} does not speak ${protocol.replace(':', '')}. Try the address with http:// instead of https://.`,
    );
  }
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return fail(
      'away',
      `${host} did not answer in time. It may be asleep, or a firewall is in between; try again, or check your VPN.`,
    );
  }
  return fail('away', `${host} cannot be reached (${describeUnknown(error)}). Check the network and try again.`);
}

/** Looks at a server once. */
export async function probeServer(
  baseUrl: string,
  token: Token | null,
): Promise<Result<ServerFacts, Problem<ProbeProblem>>> {
  if (!URL.canParse(baseUrl)) {
    return fail('not-jupyter', 'The address that is kept of this server cannot be read. Remove it, and add it again.');
  }
  const { host } = new URL(baseUrl);
  try {
    const api = await ask(`${baseUrl}api`, token);
    const version = objectOrEmpty(api.json).version;
    const isAway = api.status === 502 || api.status === 503 || api.status === 504 || api.status === 424;
    if (isAway) {
      return fail(
        'away',
        `${host} answers that its Jupyter server is not running (${api.status}). Start it on the hub, then try again.`,
      );
    }
    const isLogin = api.status === 401 || api.status === 403 || /login/.test(api.location ?? '');
    if (typeof version !== 'string' && !isLogin) {
      return fail(
        'not-jupyter',
        `Something answers at ${host}, but it is not a Jupyter server. Check the port and the path: the address should be the one that shows JupyterLab in a browser.`,
      );
    }
    const status = isLogin ? api : await ask(`${baseUrl}api/status`, token);
    if (status.status === 200) {
      const kernels = objectOrEmpty(status.json).kernels;
      return ok({
        version: typeof version === 'string' ? version : null,
        runningKernels: typeof kernels === 'number' ? kernels : null,
        isHub: api.isHub || status.isHub,
      });
    }
    if (status.status === 401 || status.status === 403 || status.status === 302) {
      return token === null
        ? fail(
            'needs-login',
            `${host} asks for a token. Paste the token from the line the server printed at its start (after "token=").`,
          )
        : fail('wrong-token', `${host} does not accept this token. Copy it again: a restarted server has a new one.`);
    }
    return fail('away', `${host} answered with an error (${status.status}). Try again in a moment.`);
  } catch (error) {
    return networkProblem(baseUrl, error);
  }
}
