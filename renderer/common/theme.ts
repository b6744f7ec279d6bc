/**
 * The window's theme.
 *
 * Sets what our own tokens and JupyterLab's styles look at, follows the main process when the system's theme changes,
 * and loads JupyterLab's theme only in windows that show its widgets. The old style sheet is taken out after the new
 * one has loaded, so that a change of theme never shows an unstyled frame.
 */
import { listen } from './bridge.ts';

const sheetId = 'jupyterlab-theme';

/** Whether this window shows JupyterLab's widgets and therefore needs its style sheet. */
let wantsJupyterLab = false;

export function applyTheme(isDark: boolean): void {
  const name = isDark ? 'dark' : 'light';
  document.documentElement.dataset.theme = name;
  document.body.dataset.jpThemeLight = String(!isDark);
  document.body.dataset.jpThemeName = isDark ? 'JupyterLab Dark' : 'JupyterLab Light';
  if (wantsJupyterLab) {
    swapSheet(`../themes/theme-${name}.css`);
  }
}

/** Applies the theme and follows it. The returned function ends it. */
export function followTheme(isDark: boolean, options: { readonly jupyterLab: boolean }): () => void {
  wantsJupyterLab = options.jupyterLab;
  applyTheme(isDark);
  return listen('theme.changed', (body) => applyTheme(body.isDark));
}

function swapSheet(href: string): void {
  const old = document.getElementById(sheetId);
  if (old?.getAttribute('href') === href) {
    return;
  }
  old?.removeAttribute('id');
  const sheet = document.createElement('link');
  sheet.id = sheetId;
  sheet.rel = 'stylesheet';
  sheet.href = href;
  sheet.addEventListener('load', () => old?.remove(), { once: true });
  sheet.addEventListener('error', () => sheet.removeAttribute('id'), { once: true });
  // First in the head: our own rules, which come later, win where both speak about the same thing.
  document.head.prepend(sheet);
}
