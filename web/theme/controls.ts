import { type CSSResult, css } from 'lit'

/** Buttons, fields, segmented choices and focus rings, the same in every component. */
export const controls: CSSResult = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 28px;
    padding: 0 10px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    text-decoration: none;
    color: var(--ink);
    cursor: pointer;
    white-space: nowrap;
  }
  .button:hover {
    border-color: var(--line-strong);
  }
  .button:disabled {
    color: var(--ink-soft);
    cursor: default;
    border-color: var(--line);
  }
  .button.primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--accent-ink);
    font-weight: 550;
  }
  .button.primary:disabled {
    background: var(--surface-sunken);
    border-color: var(--line);
    color: var(--ink-soft);
  }
  .button.quiet {
    border-color: transparent;
    background: none;
    color: var(--ink-soft);
  }
  .button.quiet:hover {
    color: var(--ink);
    background: var(--surface-sunken);
  }
  .segmented {
    display: inline-flex;
    padding: 2px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface-sunken);
  }
  .segmented button {
    height: 22px;
    padding: 0 9px;
    border: 0;
    border-radius: 4px;
    background: none;
    color: var(--ink-soft);
    cursor: pointer;
    white-space: nowrap;
  }
  .segmented button:hover {
    color: var(--ink);
  }
  .segmented button[aria-pressed='true'] {
    background: var(--surface-raised);
    color: var(--ink);
    box-shadow: 0 0 0 1px var(--line);
  }
  .field,
  select.field {
    height: 28px;
    padding: 0 8px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--surface);
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      transition: none !important;
      animation: none !important;
      scroll-behavior: auto !important;
    }
  }
`
