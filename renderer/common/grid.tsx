/**
 * The ARIA grid in which every list of ours is written: a grid of rows of cells, with one row in the tab order.
 *
 * Plain boxes with roles, because the rows are laid out by CSS grid and flex, and a `<table>` whose display is changed
 * loses its meaning for screen readers. Focus and keys of a row come from `useRows`; cells are never focused.
 */
import type { HTMLAttributes, ReactElement, ReactNode } from 'react';
import type { RowProps } from './use-rows.ts';

type Rest = Omit<HTMLAttributes<HTMLElement>, 'role' | 'tabIndex'>;

export function Grid({ label, ...rest }: Rest & { readonly label: string }): ReactElement {
  return <div {...rest} {...{ role: 'grid', 'aria-label': label }} />;
}

export interface RowElementProps extends Omit<Rest, keyof RowProps> {
  readonly rowProps: RowProps;
  readonly children: ReactNode;
}

export function Row({ rowProps, ...rest }: RowElementProps): ReactElement {
  return <div {...rest} {...rowProps} {...{ role: 'row' }} />;
}

export function HeadRow(props: Rest): ReactElement {
  return <div {...props} {...{ role: 'row' }} />;
}

export function HeadCell(props: Rest): ReactElement {
  return <span {...props} {...{ role: 'columnheader' }} />;
}

export function Cell(props: Rest): ReactElement {
  return <span {...props} {...{ role: 'gridcell' }} />;
}
