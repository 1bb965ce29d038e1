export type ActorKind = 'API_KEY' | 'ACCESS_TOKEN' | 'OPERATOR' | 'SYSTEM'

/** Who did something, as activity shows it. */
export interface Actor {
  kind: ActorKind
  name: string
}
