import type { Place } from '../vault.ts'

/** Every column that the vault has sealed, by table, with what it was sealed for; the row's id is its place. */
export const SEALED_COLUMNS: Readonly<Record<string, Readonly<Record<string, Place['purpose']>>>> = {
  WebhookEndpoint: { tokenSealed: 'webhook-token' },
  WebhookSecret: { sealed: 'webhook-secret' },
  AlertChannel: {
    sealed: 'alert-target',
    secretSealed: 'alert-secret',
    formerSecretSealed: 'former-alert-secret',
  },
  StripeConnection: { sealed: 'stripe-key' },
}
