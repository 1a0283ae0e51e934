import { type CSSResult, css } from 'lit'

/** What the sections of the side bar look like, each a `details`. */
export const section: CSSResult = css`
  :host {
    display: block;
    margin-top: 14px;
    font-size: 12.5px;
  }
  summary {
    padding: 0 4px 6px;
    font-weight: 600;
    cursor: pointer;
  }
`
