export const ACTOR_KINDS = ['API_KEY', 'ACCESS_TOKEN', 'OPERATOR', 'SYSTEM'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

/** Who did something, as activity shows it. */
export interface Actor {
  kind: ActorKind
  name: string
}

/** What happens by itself. */
export const SYSTEM = { kind: 'SYSTEM', name: 'BillingWatch' } as const satisfies Actor
