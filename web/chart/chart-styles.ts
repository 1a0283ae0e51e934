import { type CSSResult, css } from 'lit'

export const chartStyles: CSSResult = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    font: 12px/1.4 var(--sans);
    color: var(--ink);
  }
  .legend {
    display: flex;
    gap: 14px;
    height: 20px;
    overflow-x: auto;
    overflow-y: hidden;
    scrollbar-width: none;
    padding-right: 20px;
    mask-image: linear-gradient(to right, black calc(100% - 20px), transparent);
    color: var(--ink-soft);
    white-space: nowrap;
    font-size: 12px;
  }
  .key b {
    font-weight: 550;
    color: var(--ink);
    font-variant-numeric: tabular-nums;
    display: inline-block;
    min-width: 5ch;
  }
  i {
    display: inline-block;
    width: 9px;
    height: 9px;
    border-radius: 2px;
    margin-right: 5px;
  }
  .plot {
    position: relative;
    flex: 1;
    min-height: 0;
    touch-action: pan-y;
    cursor: crosshair;
  }
  .plot:focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
    border-radius: 4px;
  }
  .axes,
  canvas {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    pointer-events: none;
  }
  .axes {
    color: var(--ink-soft);
    overflow: hidden;
  }
  .axes svg {
    font: 11px var(--sans);
    font-variant-numeric: tabular-nums;
    display: block;
  }
  .axes [aria-label^='x-axis tick'] {
    stroke-opacity: 0.5;
  }
  .rule {
    position: absolute;
    top: 8px;
    bottom: 26px;
    width: 1px;
    background: var(--line-strong);
    pointer-events: none;
  }
  .tip {
    position: absolute;
    top: 4px;
    z-index: 2;
    max-width: 280px;
    padding: 6px 9px;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--surface-raised);
    box-shadow: var(--shadow);
    pointer-events: none;
    font-variant-numeric: tabular-nums;
  }
  .tip .time {
    color: var(--ink-soft);
    white-space: nowrap;
  }
  .row {
    display: flex;
    align-items: baseline;
    white-space: nowrap;
  }
  .row span {
    overflow: hidden;
    text-overflow: ellipsis;
    margin-right: 14px;
  }
  .row b {
    margin-left: auto;
    font-weight: 550;
  }
  .probe {
    display: none;
  }
`
