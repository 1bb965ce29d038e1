/**
 * Hints between the parts of one process, or of many: that a tenant's feed has grown, that a tenant has work.
 * A hint may be lost and says nothing by itself; whoever gets one reads the database. So every listener also
 * reads on its own from time to time, and a bus that fails costs delay, never an anomaly.
 */
export interface Bus {
  publish(topic: Topic): void
  /**
   * Calls `listener` for every hint on `topic` until the returned function is called, and once of its own accord as
   * soon as hints arrive: now, and again after the bus was away. So what happened in between is read too.
   */
  subscribe(topic: Topic, listener: () => void): () => void
  close(): Promise<void>
}

/** `acts`: somebody changed a tenant, its endpoints or secrets. `work`: some tenant has events to judge. `feed:<tenant>`: its activity grew. `events:<tenant>`: events were stored. */
export type Topic = 'acts' | 'work' | `feed:${string}` | `events:${string}`
