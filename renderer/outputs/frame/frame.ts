/**
 * The page of one output, in a sandboxed frame with an origin of its own.
 *
 * It takes the content from the window, shows it, and tells the window how tall it is. What runs here may be hostile
 * and may tamper with this very code: nothing here protects anybody. The sandbox, the policy of the page and the
 * window's decoders do.
 */
import type { FrameContent, FrameLook, FromFrame, ToFrame } from '../../../shared/outputs/frame-protocol.ts';
import { showBokeh } from './bokeh.ts';
import { runScript, showHtml } from './html.ts';
import { serveKnownLibraries } from './libraries.ts';
import { showPlotly } from './plotly.ts';
import { plain, type Shown } from './shown.ts';
import { showVega } from './vega.ts';

function show(content: FrameContent, look: FrameLook, say: (message: FromFrame) => void): Promise<Shown> {
  switch (content.kind) {
    case 'html':
      return showHtml(content.html, document.body);
    case 'javascript':
      return runScript(content.code, document.body);
    case 'plotly':
      return showPlotly(content.figure, document.body, () => say({ t: 'save' }));
    case 'vega':
      return showVega(content, document.body, look);
    case 'bokeh':
      return showBokeh(content.code, document.body);
  }
}

function applyLook({ isDark, colors }: FrameLook): void {
  const { style, dataset } = document.documentElement;
  dataset['theme'] = isDark ? 'dark' : 'light';
  for (const [name, value] of Object.entries(colors)) style.setProperty(name, value);
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}

function showFailure(error: unknown): void {
  const node = document.createElement('p');
  node.className = 'nj-error';
  node.textContent = describe(error);
  document.body.append(node);
}

/** Tells the window each new height, once a drawn frame. Answers what ends the wait for something to be drawn. */
function followSize(say: (message: FromFrame) => void): () => void {
  let told = -1;
  let isDrawn = false;
  const tell = (): void => {
    // Scrolled out of the notebook's window of cells: nothing is laid out here, so no height is known.
    if (window.innerWidth === 0) return;
    const heightPx = Math.ceil(Math.max(document.body.scrollHeight, document.body.getBoundingClientRect().height));
    // An empty page has a height only when nothing more comes: the notebook must not jump up and down.
    if (heightPx !== told && (heightPx > 0 || isDrawn)) {
      told = heightPx;
      say({ t: 'size', heightPx });
    }
  };
  const observer = new ResizeObserver(tell);
  observer.observe(document.body);
  // What is placed absolutely grows the body's scroll height, not its box.
  new MutationObserver(() => requestAnimationFrame(tell)).observe(document.body, { childList: true, subtree: true });
  tell();
  return () => {
    isDrawn = true;
    tell();
  };
}

function followViolations(say: (message: FromFrame) => void): void {
  const told = new Set<string>();
  document.addEventListener('securitypolicyviolation', ({ blockedURI }) => {
    let origin = '';
    try {
      const url = new URL(blockedURI);
      origin = /^(https?|wss?):$/.test(url.protocol) ? `${url.protocol}//${url.host}` : '';
    } catch {
      // "inline", "eval": no place was asked for.
    }
    if (origin !== '' && !told.has(origin) && told.size < 20) {
      told.add(origin);
      say({ t: 'blocked', origin });
    }
  });
}

function hrefOf(event: Event): string | null {
  for (const node of event.composedPath()) {
    if (node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement) return node.href;
    if (node instanceof SVGAElement) return node.href.baseVal;
  }
  return null;
}

function followInput(say: (message: FromFrame) => void): void {
  const onClick = (event: MouseEvent): void => {
    const href = hrefOf(event);
    if (href === null) return;
    if (/^https?:\/\//i.test(href)) {
      event.preventDefault();
      if (event.isTrusted) say({ t: 'link', url: href });
    }
  };
  document.addEventListener('click', onClick, true);
  document.addEventListener('auxclick', onClick, true);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && event.isTrusted) say({ t: 'escape' });
  });
}

function start(port: MessagePort, content: FrameContent, firstLook: FrameLook): void {
  const post = port.postMessage.bind(port);
  const say = (message: FromFrame): void => post(message);
  let look = firstLook;
  let shown: Shown = plain;
  let current: FrameContent = content;
  applyLook(look);
  const onDrawn = followSize(say);
  followViolations(say);
  followInput(say);

  const begin = async (): Promise<void> => {
    try {
      shown = await show(current, look, say);
      onDrawn();
      say({ t: 'shown', imageFormats: [...shown.imageFormats] });
    } catch (error) {
      showFailure(error);
      say({ t: 'failed', sentence: describe(error) });
    }
  };
  const update = async (next: FrameContent): Promise<void> => {
    current = next;
    if ((await shown.update?.(next, look).catch(() => false)) === true) return;
    document.body.replaceChildren();
    await begin();
  };
  const answerImage = async (id: number, format: 'png' | 'svg'): Promise<void> => {
    try {
      say({ t: 'image', id, url: await shown.image(format) });
    } catch {
      say({ t: 'image', id, url: null });
    }
  };
  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    switch (data.t) {
      case 'show':
        look = data.look;
        applyLook(look);
        void update(data.content);
        return;
      case 'look':
        look = data.look;
        applyLook(look);
        if (current.kind === 'vega') void update(current);
        return;
      case 'image':
        void answerImage(data.id, data.format);
        return;
    }
  };
  void begin();
}

serveKnownLibraries();
window.addEventListener('message', function onFirst({ source, data, ports }: MessageEvent<ToFrame>) {
  const [port] = ports;
  if (source !== window.parent || port === undefined || data.t !== 'show') return;
  window.removeEventListener('message', onFirst);
  start(port, data.content, data.look);
});
