import { type CSSResult, css } from 'lit'

export const shellStyles: CSSResult = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 100dvh;
    background: var(--ground);
  }
  header {
    display: flex;
    align-items: center;
    gap: 6px 14px;
    min-height: 48px;
    padding: 0 16px;
    border-bottom: 1px solid var(--line);
    background: var(--surface);
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--ink);
    font-weight: 650;
    font-size: 15px;
    text-decoration: none;
  }
  nav {
    display: flex;
    gap: 2px;
    align-self: stretch;
    margin-right: auto;
  }
  nav a {
    display: flex;
    align-items: center;
    padding: 0 10px;
    color: var(--ink-soft);
    text-decoration: none;
    border-bottom: 2px solid transparent;
    margin-bottom: -1px;
  }
  nav a:hover {
    color: var(--ink);
  }
  nav a[aria-current] {
    color: var(--ink);
    border-bottom-color: var(--accent);
  }
  .source {
    display: flex;
    align-items: center;
    gap: 10px;
    min-width: 0;
  }
  .status {
    color: var(--ink-soft);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .status i {
    display: inline-block;
    width: 7px;
    height: 7px;
    margin-right: 6px;
    border-radius: 50%;
    background: var(--ink-soft);
    vertical-align: 1px;
  }
  .status i.ready {
    background: var(--good);
  }
  .status i.waiting,
  .status i.connecting {
    background: var(--warn);
  }
  .status i.failed {
    background: var(--bad);
  }
  .open .short {
    display: none;
  }
  .theme {
    width: 28px;
    padding: 0;
    justify-content: center;
    font-size: 15px;
  }
  main {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-direction: column;
    outline: none;
  }
  main > * {
    flex: 1;
    min-width: 0;
  }
  .skip {
    position: absolute;
    left: -9999px;
  }
  .skip:focus {
    left: 12px;
    top: 10px;
    z-index: 5;
    padding: 4px 10px;
    background: var(--surface);
    color: var(--ink);
  }
  .failure {
    max-width: 560px;
    margin: 12vh auto 0;
    padding: 0 16px;
  }
  .failure h1 {
    font-size: 18px;
    font-weight: 600;
    margin: 0 0 8px;
  }
  .failure p {
    color: var(--ink-soft);
    font-size: 14px;
    margin: 0 0 14px;
  }
  .drop {
    position: fixed;
    inset: 0;
    z-index: 10;
    display: grid;
    place-items: center;
    background: color-mix(in srgb, var(--ground) 80%, transparent);
    pointer-events: none;
  }
  .drop p {
    padding: 26px 36px;
    border: 2px dashed var(--accent);
    border-radius: 10px;
    background: var(--surface);
    font-size: 15px;
  }
  @media (max-width: 860px) {
    header {
      flex-wrap: wrap;
      padding: 8px 10px;
    }
    nav {
      align-self: auto;
      height: 30px;
    }
    .source {
      order: 5;
      width: 100%;
      flex-wrap: wrap;
      justify-content: space-between;
    }
  }
  @media (max-width: 380px) {
    .brand {
      gap: 0;
      font-size: 0;
    }
  }
  @media (max-width: 480px) {
    header {
      gap: 6px;
    }
    nav a {
      padding: 0 6px;
    }
    .open .short {
      display: inline;
    }
    .open .long {
      display: none;
    }
    .open {
      width: 28px;
      padding: 0;
      justify-content: center;
      font-size: 15px;
    }
  }
`
