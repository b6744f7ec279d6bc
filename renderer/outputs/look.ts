/** How the window looks, told to the frames of outputs, and again when the theme changes. */
import type { FrameLook } from '../../shared/outputs/frame-protocol.ts';

/** Custom properties that the frames' page uses. Their values may be `light-dark()`: the frame decides there. */
const names = [
  '--nj-text',
  '--nj-text-soft',
  '--nj-accent',
  '--nj-line-strong',
  '--nj-sunken',
  '--nj-selected',
  '--nj-bad',
  '--nj-bad-soft',
  '--nj-font',
  '--nj-font-mono',
] as const;

export function currentLook(): FrameLook {
  const style = getComputedStyle(document.documentElement);
  return {
    isDark: document.documentElement.dataset['theme'] === 'dark',
    colors: Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name).trim()])),
  };
}

/** Calls back when the theme has changed, until the returned function is called. */
export function followLook(callback: (look: FrameLook) => void): () => void {
  const observer = new MutationObserver(() => callback(currentLook()));
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
