import { type CSSResult, css } from 'lit'

export const importStyles: CSSResult = css`
  dialog {
    width: min(860px, calc(100vw - 24px));
    max-height: calc(100dvh - 48px);
    padding: 18px 20px 16px;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--surface-raised);
    color: var(--ink);
    box-shadow: var(--shadow);
    font: 13px/1.45 var(--sans);
  }
  dialog:focus-visible {
    outline: none;
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 0.4);
  }
  h2 {
    margin: 0 0 12px;
    font-size: 16px;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  p {
    margin: 10px 0;
  }
  .note {
    color: var(--ink-soft);
  }
  .problem {
    color: var(--bad);
  }
  .settings {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 20px;
    margin-bottom: 12px;
  }
  .settings label {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .columns {
    overflow: auto;
    max-height: 46vh;
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  table {
    border-collapse: collapse;
    min-width: 100%;
    font-variant-numeric: tabular-nums;
  }
  th {
    padding: 8px 10px;
    text-align: left;
    vertical-align: top;
    border-bottom: 1px solid var(--line);
    background: var(--surface-sunken);
  }
  th span {
    display: block;
    margin-bottom: 4px;
    font-weight: 600;
    white-space: nowrap;
  }
  th select {
    font-weight: 400;
    display: block;
    width: 100%;
    min-width: 84px;
    height: 26px;
    margin-top: 4px;
    padding: 0 4px;
  }
  td {
    padding: 3px 10px;
    max-width: 220px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    border-bottom: 1px solid var(--grid);
    color: var(--ink-soft);
  }
  pre,
  .rejected {
    overflow: auto;
    max-height: 40vh;
    margin: 0;
    padding: 10px 12px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    font: 12px/1.5 var(--mono);
  }
  .rejected {
    padding-left: 44px;
    font-family: var(--sans);
  }
  code {
    display: block;
    color: var(--ink-soft);
    font: 12px var(--mono);
    overflow-wrap: anywhere;
  }
  progress {
    width: 100%;
    height: 8px;
    accent-color: var(--accent);
  }
  .actions {
    display: flex;
    justify-content: flex-end;
    gap: 8px;
    margin-top: 14px;
  }
`
