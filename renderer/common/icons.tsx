/**
 * Nightjar's icons and its mark, drawn on a 16-unit grid with one stroke width.
 *
 * Icons are decoration: they are hidden from screen readers, and whoever uses one alone gives the button a name.
 */
import type { ReactElement } from 'react';

const paths = {
  add: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13.2 2v2.8h-2.8',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2',
  pencil: 'M3 13l.7-2.9 7-7 2.2 2.2-7 7zM9.4 4.4l2.2 2.2',
  trash: 'M2.8 4.3h10.4M6 4.2V2.7h4v1.5M4.2 4.5l.6 8.8h6.4l.6-8.8M6.7 7v3.8M9.3 7v3.8',
  key: 'M6.2 9.8a3.2 3.2 0 1 1 0-.1zM5.9 7.3L12.6 2.6M10.4 4.2l1.7 2.3',
  folder: 'M1.8 4.2c0-.6.4-1 1-1h3.1l1.5 1.6h5.8c.6 0 1 .4 1 1v6c0 .6-.4 1-1 1H2.8c-.6 0-1-.4-1-1z',
  folderAdd:
    'M1.8 4.2c0-.6.4-1 1-1h3.1l1.5 1.6h5.8c.6 0 1 .4 1 1v6c0 .6-.4 1-1 1H2.8c-.6 0-1-.4-1-1zM8 7v3.6M6.2 8.8h3.6',
  file: 'M3.6 2.8c0-.5.4-.9.9-.9h4.8l3.1 3.2v8.1c0 .5-.4.9-.9.9h-7c-.5 0-.9-.4-.9-.9zM9.1 2.1v3.2h3.2',
  notebook:
    'M4 1.9h7.4c.6 0 1 .4 1 1v10.2c0 .6-.4 1-1 1H4zM4 1.9v12.2M2.6 4.7H4M2.6 8H4M2.6 11.3H4M6.6 5h3.2M6.6 7.4h3.2',
  journal: 'M2.4 8.1h2.3l1.5-4.2 2.7 8.4 1.8-5.3.7 1.1h2.2',
  server: 'M2.6 2.9h10.8v4.4H2.6zM2.6 8.7h10.8v4.4H2.6zM5 5.1h.01M5 10.9h.01M7.4 5.1h3.4M7.4 10.9h3.4',
  laptop: 'M3.2 3.3h9.6v6.9H3.2zM1.6 12.6h12.8',
  kernel:
    'M4.4 4.4h7.2v7.2H4.4zM6.4 2.2v2.2M9.6 2.2v2.2M6.4 11.6v2.2M9.6 11.6v2.2M2.2 6.4h2.2M2.2 9.6h2.2M11.6 6.4h2.2M11.6 9.6h2.2',
  stop: 'M4.2 4.2h7.6v7.6H4.2z',
  warning: 'M8 2.3l6.2 11.2H1.8zM8 6.4v3.2M8 11.6h.01',
  info: 'M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM8 7.4v3.6M8 5.1h.01',
  shield: 'M8 1.9l5.2 1.8v4c0 3.1-2.2 5.3-5.2 6.4-3-1.1-5.2-3.3-5.2-6.4v-4zM5.7 7.9l1.7 1.7 3-3.1',
  upload: 'M8 10.6V2.9M4.9 5.8L8 2.7l3.1 3.1M2.6 10.8v2.4h10.8v-2.4',
  download: 'M8 2.7v7.7M4.9 7.5L8 10.6l3.1-3.1M2.6 10.8v2.4h10.8v-2.4',
  chevron: 'M6.2 3.8L10.4 8l-4.2 4.2',
  down: 'M3.8 6.2L8 10.4l4.2-4.2',
  up: 'M3.8 9.8L8 5.6l4.2 4.2',
  open: 'M6.4 3.2H3.2v9.6h9.6V9.6M9.2 2.8h4v4M13 3L7.6 8.4',
  play: 'M5 3.2v9.6l7.6-4.8z',
  pause: 'M5.6 3.6v8.8M10.4 3.6v8.8',
  stepForward: 'M5.2 4l4.6 4-4.6 4M12 4v8',
  stepBack: 'M10.8 4L6.2 8l4.6 4M4 4v8',
  skipForward: 'M3 4l4.2 4L3 12M7.6 4l4.2 4-4.2 4M13.4 4v8',
  skipBack: 'M13 4L8.8 8l4.2 4M8.4 4L4.2 8l4.2 4M2.6 4v8',
  back: 'M9.8 3.8L5.6 8l4.2 4.2',
  gap: 'M2 8h3.4M10.6 8H14M6.8 4.6L5.6 11.4M10.4 4.6L9.2 11.4',
  compare: 'M3 3.2h3.6v9.6H3zM9.4 3.2H13v9.6H9.4zM6.6 8h2.8',
  history: 'M3.1 5.2A5.6 5.6 0 1 1 2.4 8M2.6 2.6v2.8h2.8M8 5v3.2l2.2 1.4',
  pin: 'M5.6 2.4h4.8M6.4 2.6v3.6L4.6 8.8h6.8L9.6 6.2V2.6M8 8.8v4.8',
  tag: 'M2.6 7.6V3.4c0-.4.4-.8.8-.8h4.2l5.8 5.8-5 5zM5.4 5.4h.01',
  keyboard: 'M1.8 4.2h12.4v7.6H1.8zM4.2 6.6h.01M6.7 6.6h.01M9.2 6.6h.01M11.7 6.6h.01M5 9.4h6',
  undo: 'M3 6.2h6.4a3.4 3.4 0 0 1 0 6.8H6M5.6 3.4L2.8 6.2 5.6 9',
  home: 'M2.4 7.6L8 2.7l5.6 4.9M3.9 6.6v6.6h8.2V6.6',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  const isDotted = name === 'more';
  return (
    <svg className="nj-icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={isDotted ? 2 : 1.3}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** A nightjar crossing a crescent moon. `currentColor` is the bird, the accent the moon. */
export function NightjarMark({ size = 28 }: { readonly size?: number }): ReactElement {
  return (
    <svg className="nj-icon" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M20.8 3.2A13 13 0 1 0 29 19.6 10.6 10.6 0 0 1 20.8 3.2z" fill="var(--nj-accent)" opacity="0.32" />
      <path
        d="M2.2 11.2c4.6.2 8.6 1.9 11.2 5.2.9-5 4.6-9.300 11.400-11.600-1.700 3.900-2.700 7.300-3.600 10.300-.2.7-.5 1.300-.9 1.900 2.300-.2 4.300.4 6 1.800-2.500.5-4.600 1.300-6.800 2.900-2.300 1.600-5 2.400-8.600 2.900-2 .3-4 .9-5.900 2.300.7-2.300 2-4.200 3.900-5.600C8.300 17.400 6 14.200 2.200 11.200z"
        fill="var(--nj-accent)"
      />
    </svg>
  );
}
