import { type CSSResult, css } from 'lit'

export const exploreStyles: CSSResult = css`
  :host {
    display: grid;
    grid-template-columns: 232px minmax(0, 1fr);
    min-height: 0;
    height: calc(100dvh - 49px);
  }
  aside {
    overflow: auto;
    padding: 12px 8px 12px 12px;
    border-right: 1px solid var(--line);
    background: var(--surface);
  }
  .schema > summary {
    padding: 0 4px 6px;
    font-weight: 600;
    cursor: pointer;
    list-style-position: inside;
  }
  .work {
    display: flex;
    flex-direction: column;
    gap: 12px;
    min-width: 0;
    min-height: 0;
    padding: 12px 16px 16px;
  }
  .editor-card,
  .answer-card {
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--surface);
    min-width: 0;
  }
  .editor-card:focus-within {
    border-color: var(--line-strong);
  }
  tidemark-query-editor {
    display: block;
    height: 128px;
  }
  .toolbar {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 8px;
    border-top: 1px solid var(--grid);
  }
  .toolbar select {
    max-width: 180px;
    border-color: var(--line);
  }
  kbd {
    font: inherit;
    font-size: 11px;
    opacity: 0.8;
  }
  .answer-card {
    flex: 1;
    display: flex;
    flex-direction: column;
    min-height: 0;
    overflow: hidden;
  }
  .chart {
    height: 264px;
    flex: none;
    padding: 10px 12px 4px;
  }
  .summary {
    display: flex;
    align-items: center;
    flex: none;
    gap: 4px;
    min-height: 36px;
    padding: 2px 8px 2px 14px;
    border-top: 1px solid var(--grid);
    border-bottom: 1px solid var(--line);
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
  }
  .summary:first-child {
    border-top: 0;
  }
  .grow {
    flex: 1;
    text-align: right;
    padding-right: 8px;
  }
  tidemark-result-table {
    flex: 1;
  }
  .message {
    padding: 22px 16px;
    color: var(--ink-soft);
  }
  .message.bad {
    margin: 10px;
    padding: 10px 12px;
    border-radius: var(--radius);
    background: var(--bad-wash);
    color: var(--ink);
  }
  .message p {
    margin: 4px 0 0;
    color: var(--ink-soft);
  }
  @media (max-width: 860px) {
    :host {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto auto;
      height: auto;
      align-content: start;
    }
    aside {
      max-height: 200px;
      border-right: 0;
      border-bottom: 1px solid var(--line);
      padding: 10px 12px 4px;
    }
    .toolbar select {
      flex: 1;
      min-width: 90px;
    }
    .work {
      padding: 10px;
    }
    .chart {
      height: 220px;
      padding: 8px;
    }
    .answer-card {
      flex: none;
      min-height: 240px;
    }
    tidemark-result-table {
      height: 420px;
    }
  }
`
