import type { Permission } from '../../src/connect/permissions.ts'
import { markdownTable } from './table.ts'

export const permissionTable = (permissions: readonly Permission[]): string =>
  markdownTable(
    ['permission', 'what for', 'without it'],
    permissions.map(({ name, title, needed, purpose, without }) => [
      `${title} (\`${name}\`)${needed ? ', needed' : ''}`,
      purpose,
      without,
    ]),
  )

/** Stripe's form for a new restricted key, filled in; Stripe does not document it. */
export function keyFormLink(permissions: readonly Permission[]): string {
  const query = new URLSearchParams([
    ['name', 'BillingWatch'],
    ...permissions.map(({ name }) => ['permissions[]', name]),
  ])
  return `[The form with all of it filled in](https://dashboard.stripe.com/apikeys/create?${query}); for a test key put \`/test\` before \`/apikeys\`. Stripe does not document this link: compare it with the table.`
}
