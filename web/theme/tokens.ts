import { type CSSResult, css } from 'lit'

/** Design tokens for a host element; everything below inherits them. `color-scheme` picks the side of `light-dark()`. */
export const tokens: CSSResult = css`
  :host {
    --ground: light-dark(#f6f7f8, #101317);
    --surface: light-dark(#ffffff, #171b20);
    --surface-sunken: light-dark(#f0f2f4, #13171b);
    --surface-raised: light-dark(#ffffff, #1e242a);
    --ink: light-dark(#1b2026, #e4e8ec);
    --ink-soft: light-dark(#55606b, #a3aeb9);
    --line: light-dark(#dde1e5, #2a3138);
    --line-strong: light-dark(#868f99, #69747f);
    --grid: light-dark(#e9ecef, #232a31);
    --accent: light-dark(#12609e, #6cb5f2);
    --accent-ink: light-dark(#ffffff, #0c1620);
    --accent-wash: light-dark(#e4eff8, #1a2c3c);
    --good: light-dark(#18794e, #4cc38a);
    --warn: light-dark(#8f5b00, #e5b454);
    --bad: light-dark(#bb2b2b, #ff8d87);
    --bad-wash: light-dark(#fcecec, #33191a);
    --syntax-keyword: light-dark(#8a2a7c, #df9ad3);
    --syntax-function: light-dark(#12609e, #6cb5f2);
    --syntax-string: light-dark(#18704a, #6fcf9b);
    --syntax-number: light-dark(#9a4a00, #eba868);
    --syntax-comment: light-dark(#626d78, #8793a0);
    --shadow: 0 8px 28px light-dark(#1b202629, #00000080);
    --radius: 6px;
    --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
    font: 13px/1.45 var(--sans);
    color: var(--ink);
  }
`
