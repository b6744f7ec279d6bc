/** The path of the folder, each part a way back. */
import type { ReactElement } from 'react';
import { Icon } from '../common/icons.tsx';
import { crumbs } from './contents.ts';

export interface BreadcrumbsProps {
  readonly folder: string;
  readonly onGo: (folder: string) => void;
}

export function Breadcrumbs({ folder, onGo }: BreadcrumbsProps): ReactElement {
  const parts = crumbs(folder);
  return (
    <nav className="crumbs" aria-label="Folder">
      <button
        type="button"
        className="crumb"
        aria-label="Top folder of the server"
        title="Top folder of the server"
        aria-current={parts.length === 0 ? 'location' : undefined}
        onClick={() => onGo('')}
      >
        <Icon name="folder" size={15} />
        {parts.length === 0 ? 'All files' : null}
      </button>
      {parts.map((crumb, index) => (
        <span key={crumb.path} className="crumb-step">
          <Icon name="chevron" size={11} />
          <button
            type="button"
            className="crumb"
            aria-current={index === parts.length - 1 ? 'location' : undefined}
            onClick={() => onGo(crumb.path)}
          >
            {crumb.name}
          </button>
        </span>
      ))}
    </nav>
  );
}
