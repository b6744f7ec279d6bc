/**
 * Which parts of a server's REST interface a window may ask for.
 *
 * A window that was taken over by hostile output must not reach more than a notebook needs: files, kernels, sessions.
 * Paths are compared after decoding and may not climb.
 */

const allowed: readonly { readonly methods: readonly string[]; readonly path: RegExp }[] = [
  { methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], path: /^api\/contents(\/|$)/ },
  { methods: ['GET', 'POST', 'PATCH', 'DELETE'], path: /^api\/sessions(\/[^/]+)?$/ },
  { methods: ['GET', 'POST', 'DELETE'], path: /^api\/kernels(\/[^/]+(\/(interrupt|restart))?)?$/ },
  { methods: ['GET'], path: /^api\/kernelspecs(\/[^/]+)?$/ },
  { methods: ['GET'], path: /^api(\/(status|me))?$/ },
  { methods: ['GET'], path: /^(files|kernelspecs)\// },
];

function pathOf(pathAndQuery: string): string | null {
  const path = pathAndQuery.split(/[?#]/, 1)[0] ?? '';
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  const climbs = decoded.split(/[/\\]/).some((segment) => segment === '..' || segment === '.');
  return climbs || /^[/\\]|\\|:\/\//.test(path) ? null : path.replace(/\/+$/, '');
}

export function isAllowed(method: string, pathAndQuery: string): boolean {
  const path = pathOf(pathAndQuery);
  return path !== null && allowed.some((rule) => rule.methods.includes(method) && rule.path.test(path));
}

/** True for a path of the contents interface or of raw files: its answers may be large, and take their time. */
export function isOfFiles(pathAndQuery: string): boolean {
  return /^(api\/contents|files)(\/|$)/.test(pathOf(pathAndQuery) ?? '');
}

/** True for a request that changes files. */
export function changesFiles(method: string, pathAndQuery: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && isOfFiles(pathAndQuery);
}

/** The kernel whose websocket a path names, or `null`. */
export function kernelOfChannels(pathAndQuery: string): string | null {
  const match = /^api\/kernels\/([A-Za-z0-9-]{1,64})\/channels$/.exec(pathOf(pathAndQuery) ?? '');
  return match?.[1] ?? null;
}

export function isKernelList(method: string, pathAndQuery: string): boolean {
  return method === 'GET' && pathOf(pathAndQuery) === 'api/kernels';
}

/** The kernel that a request restarts, or `null`. */
export function kernelOfRestart(method: string, pathAndQuery: string): string | null {
  const match = /^api\/kernels\/([A-Za-z0-9-]{1,64})\/restart$/.exec(pathOf(pathAndQuery) ?? '');
  return method === 'POST' ? (match?.[1] ?? null) : null;
}

/** True for a request that shuts down a kernel, or a notebook's session with its kernel. */
export function endsKernel(method: string, pathAndQuery: string): boolean {
  return method === 'DELETE' && /^api\/(sessions|kernels)\/[^/]+$/.test(pathOf(pathAndQuery) ?? '');
}
