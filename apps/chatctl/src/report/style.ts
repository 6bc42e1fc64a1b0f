/** The look of the page. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2330; --quiet: #5d6778; --line: #c3c9d3;
  --grid: #e7eaef; --one: #2f6fde; --two: #0f9f83; --three: #d9822b; --shade: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --page: #12151b; --card: #1b2028; --text: #e8ebf0; --quiet: #9aa5b6;
  --line: #465063; --grid: #2a313d; --one: #6ea4ff; --two: #3fcfb0; --three: #f0a854; --shade: #4a86ef; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 28px 20px 40px; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.01em; }
header > p, footer { color: var(--quiet); margin: 4px 0 0; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin: 20px 0; }
dl > div, section { background: var(--card); border-radius: 12px; padding: 16px 18px; border: 1px solid var(--grid); }
dt { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; font-size: 1.75rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
section { min-width: 0; }
section:first-child, section:last-child { grid-column: 1 / -1; }
h2 { margin: 0; font-size: 1.125rem; }
section > p { margin: 2px 0 12px; color: var(--quiet); overflow-wrap: anywhere; }
.chart svg { display: block; width: 100%; height: auto; }
.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 8px 0 0; padding: 0; font-size: .875rem; }
.legend span { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; vertical-align: -1px; }
details { margin-top: 10px; font-size: .875rem; }
summary { cursor: pointer; color: var(--quiet); }
.wide-table { overflow-x: auto; max-height: 420px; overflow-y: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; margin-top: 8px; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--grid); font-weight: 400; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--quiet); }
abbr { text-decoration: none; }
.cohorts { width: 100%; border-spacing: 2px; border-collapse: separate; }
.cohorts th, .cohorts td { border: 0; }
.cohorts th + th + th { text-align: center; }
.share { text-align: center; border-radius: 5px; background: color-mix(in srgb, var(--shade) calc(var(--share) * .8), transparent); }
footer { margin-top: 24px; font-size: .875rem; }
@media (max-width: 560px) { body { padding: 20px 12px 32px; } .roomy { display: none; } .narrow { display: block; }
  dl { grid-template-columns: 1fr 1fr; } section { padding: 14px; } }
@media print { body { background: none; } section { break-inside: avoid; } }
`;
