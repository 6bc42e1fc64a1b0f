import type { SettingRow } from '#settings';

/** The settings as the README shows them, a row of Markdown each. */
export function settingsTable(settings: readonly SettingRow[]): string {
  const rows = settings.map(({ name, type, default: usual, standaloneDefault, roles, meaning }) => {
    const shown = usual === null ? '–' : `\`${usual || ' '}\``;
    const local =
      standaloneDefault !== null && standaloneDefault !== usual ? ` (\`${standaloneDefault}\` standalone)` : '';
    return `| \`${name}\` | ${type} | ${shown}${local} | ${roles.join(', ')} | ${meaning} |`;
  });
  return ['| variable | what it is | default | roles | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}
