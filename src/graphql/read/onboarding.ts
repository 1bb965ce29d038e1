import type { Scope } from '../../storage/scope/scope.ts'

export interface OnboardingStep {
  name: string
  title: string
  help: string
  doneAt: Date | null
}

/** What a new tenant does until its first live event is watched, in order. */
export async function readOnboarding({ db, tenantId }: Scope): Promise<OnboardingStep[]> {
  const tenant = await db.tenant.findFirst({ where: { id: tenantId }, select: { firstLiveAt: true } })
  const secret = await db.webhookSecret.findFirst({
    where: { tenantId, retiredAt: null },
    orderBy: { createdAt: 'asc' },
    select: { createdAt: true },
  })
  const event = await db.stripeEvent.findFirst({
    where: { tenantId },
    orderBy: [{ receivedAt: 'asc' }, { stripeId: 'asc' }],
    select: { receivedAt: true },
  })
  return [
    {
      name: 'webhook-secret',
      title: 'Add the signing secret',
      help: "In Stripe, add an endpoint with this tenant's webhook URL and the event types that `billingwatch events` lists; then store its signing secret (whsec_…) with addWebhookSecret.",
      doneAt: secret?.createdAt ?? null,
    },
    {
      name: 'first-event',
      title: 'Receive a first event',
      help: "Send a test event from Stripe's dashboard, or run `stripe listen --forward-to` with the webhook URL.",
      doneAt: event?.receivedAt ?? null,
    },
    {
      name: 'live-mode',
      title: 'Go live',
      help: 'Add the endpoint in live mode too, with its own secret. From the first live event on, test-mode events are stored but not judged.',
      doneAt: tenant?.firstLiveAt ?? null,
    },
  ]
}
