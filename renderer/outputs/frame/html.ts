/**
 * HTML and JavaScript as a kernel sends them. On the page that allows it, scripts run in their order, as in a document
 * that is being read; on the others the browser refuses them.
 */
import { plain, type Shown } from './shown.ts';

const scriptTypes = /^(?:|module|text\/javascript|application\/(?:x-)?javascript|text\/ecmascript)$/i;

/** A script that was put in by `innerHTML` never runs: a copy takes its place. Resolves when it ran. */
function runInPlace(script: HTMLScriptElement): Promise<void> {
  if (!scriptTypes.test(script.type)) return Promise.resolve();
  const copy = document.createElement('script');
  for (const { name, value } of script.attributes) copy.setAttribute(name, value);
  if (!script.hasAttribute('src')) {
    copy.textContent = script.textContent;
    script.replaceWith(copy);
    return Promise.resolve();
  }
  const ran = new Promise<void>((resolve) => {
    copy.onload = () => resolve();
    copy.onerror = () => resolve();
  });
  script.replaceWith(copy);
  return script.async ? Promise.resolve() : ran;
}

export async function showHtml(html: string, parent: HTMLElement): Promise<Shown> {
  const node = document.createElement('div');
  node.className = 'nj-html';
  parent.append(node);
  // A whole document's styles stand in its head.
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  // They are about a page's place, which an output has none of; a redirection would only end it.
  for (const placed of parsed.querySelectorAll('meta, base, link:not([rel~="stylesheet"])')) placed.remove();
  node.innerHTML = parsed.head.innerHTML + parsed.body.innerHTML;
  for (const script of node.querySelectorAll('script')) await runInPlace(script);
  return plain;
}

/** Runs code as Jupyter does: `element` is the place where its output goes. */
export async function runScript(code: string, parent: HTMLElement): Promise<Shown> {
  const place = document.createElement('div');
  place.className = 'nj-html';
  parent.append(place);
  Object.assign(window, { element: place });
  const script = document.createElement('script');
  script.textContent = code;
  parent.append(script);
  return plain;
}
