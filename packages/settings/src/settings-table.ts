/** The settings as the table that the README shows. */
import { SETTINGS } from './settings.ts'

/** The Markdown table of every setting; a test holds the README to it. */
export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map((setting) => {
    const fallback = setting.default === null ? '' : `\`${setting.default}\``
    return `| \`${setting.name}\` | ${fallback} | ${setting.doc} | ${setting.usedBy.join(', ')} |`
  })
  return ['| setting | default | what it does | used by |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
