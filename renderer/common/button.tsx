/**
 * The button of every window. It is a real `<button type="button">`: what it does is the caller's matter.
 */
import type { ButtonHTMLAttributes, ReactElement, ReactNode, Ref } from 'react';
import { Icon, type IconName } from './icons.tsx';

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet' | undefined;
  readonly size?: 'normal' | 'large' | undefined;
  readonly icon?: IconName | undefined;
  readonly submit?: boolean | undefined;
  readonly children: ReactNode;
  readonly buttonRef?: Ref<HTMLButtonElement> | undefined;
}

export function Button(props: ButtonProps): ReactElement {
  const { look = 'plain', size = 'normal', icon, submit = false, children, buttonRef, ...rest } = props;
  return (
    <button
      {...rest}
      ref={buttonRef}
      type={submit ? 'submit' : 'button'}
      className="nj-button"
      data-look={look}
      data-size={size}
    >
      {icon === undefined ? null : <Icon name={icon} size={15} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'children'> {
  readonly icon: IconName;
  /** The name for screen readers, also shown as a tooltip. */
  readonly label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps): ReactElement {
  return (
    <button {...rest} type="button" className="nj-button" data-look="icon" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
