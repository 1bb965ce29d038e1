import type { Calendar } from '../calendar/calendar.ts'
import type { Fact, FactKind, FactOf } from '../stripe/facts.ts'
import type { Seconds } from '../time.ts'

/**
 * The contract of a detector: a pure rule over keyed state and timers. It reads no clock, does no I/O, knows no
 * randomness and keeps nothing outside the state it is handed. It does not see tenants, accounts or modes either:
 * the engine gives it the facts of one stream at a time. Grouping, cooldowns, floods and storage are the engine's. The
 * words and the model are in README.md beside this file.
 */
export interface Detector<
  State,
  Kind extends FactKind = FactKind,
  Spec extends SettingsSpec = SettingsSpec,
  Shared = unknown,
> {
  name: DetectorName
  /** A few words, as on a button. */
  title: string
  /** What it reports and when, for a finance person. */
  description: string
  facts: readonly Kind[]
  settings: Spec
  /** Spikes, drops and lag end by themselves and are then resolved; a one-off finding waits for a person. */
  selfResolving: boolean
  /** One incident for each object: floods of them become one, and facts later than 72 h still reach it. */
  perObject: boolean
  /** Least severity of a flood of its incidents; default HIGH. */
  floodSeverity?: Severity
  /** What the points of its `series` are in; COUNT. */
  seriesUnit?: Unit
  /** It only adds up by the hour of each fact: nothing has to wait until the order is known. */
  anyOrder?: boolean
  /** A new sign within this time after the end reopens the same incident. */
  cooldown: Seconds
  /** Grows by one whenever the shape of the stored state changes; `upgrade` then brings what is stored into the new shape. */
  stateVersion: number
  /**
   * By version: brings state as that version stored it (parsed JSON) into what the next version stores. State from
   * before the first of them starts anew.
   */
  upgrade?: Readonly<Record<number, (old: unknown) => unknown>>
  /**
   * State from before this version is upgraded, and then rebuilt from the kept facts: they tell what it did not keep. It
   * goes on judging until then.
   */
  rebuildBelow?: number
  /**
   * Where the kept facts do not reach back to the stream's beginning: the rebuilt state with what only the former one,
   * upgraded, knows. Default: the rebuilt one.
   */
  keepFormer?(former: State, rebuilt: State): State
  /** The engine drops a key's state that was not touched for this long, unless it has a timer. */
  idleAfter: Seconds
  /** A shorter time for a state that says little, e.g. of a customer who paid once. */
  idleAfterOf?(state: State): Seconds
  initial(): State
  /** Turns stored JSON back into state where plain JSON is not enough (classes with `toJSON`); default: as parsed. */
  revive?(stored: unknown): State
  /**
   * State of the whole stream beside the keyed ones, as `context.shared`: what is usual for the tenant, which single
   * objects are compared with. It stands under the key '', which `key` must not give then, and is never idle.
   */
  shared?: { initial(): Shared; revive?(stored: unknown): Shared }
  /** Whose state the fact goes to: '' for the whole stream, or a customer, payer, subscription…; undefined: not for this detector. */
  key(fact: FactOf<Kind>): string | undefined
  /** `state` is a draft of the batch, to be changed in place. */
  observe(state: State, fact: FactOf<Kind>, context: Context<Spec, Shared>): Step | undefined
  /** Called when the key's `wakeAt` has come, with `context.now` equal to it: for what shows by absence, and for endings. */
  onTimer?(state: State, context: Context<Spec, Shared>): Step | undefined
  /** Only for the one detector that watches delivery: what the others may know of it. It is judged before them. */
  delivery?(state: State, now: Seconds, calendar: Calendar): Delivery
  /** Of the same detector: an event that took longer than this to arrive belongs to a backlog. */
  lateAfter?(settings: SettingsOf<Spec>): Seconds
}

/** How detectors of unlike state stand in one list: what is theirs is only ever handed back to them. */
export type AnyDetector = { [Member in keyof Detector<unknown>]: Detector<unknown>[Member] }

/** Checks a detector against the contract and keeps its own types. */
export const defineDetector = <
  State,
  const Kind extends FactKind,
  const Spec extends SettingsSpec,
  Shared = undefined,
>(
  detector: Detector<State, Kind, Spec, Shared>,
): Detector<State, Kind, Spec, Shared> => detector

export const DETECTOR_NAMES = [
  'CHARGE_FAILURE_SPIKE',
  'DUPLICATE_CHARGE',
  'FRAUD_SPIKE',
  'NEGATIVE_INVOICE',
  'REVENUE_DROP',
  'SILENT_LAPSE',
  'WEBHOOK_LAG',
  'CURRENCY_MISMATCH',
  'TIMEZONE_BILLING_ERROR',
  'PLAN_DOWNGRADE',
  'CARD_TESTING',
  'REFUND_SPIKE',
] as const
export type DetectorName = (typeof DETECTOR_NAMES)[number]

export const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
export type Severity = (typeof SEVERITIES)[number]

export const UNITS = ['COUNT', 'RATIO', 'SECONDS', 'MONEY', 'SCORE'] as const
export type Unit = (typeof UNITS)[number]

/** A setting's value is always in `unit`; what people think of in minutes or days is still SECONDS here. */
export interface Setting {
  description: string
  unit: Unit
  default: number
  min: number
  max: number
}
export type SettingsSpec = Readonly<Record<string, Setting>>
export type SettingsOf<Spec extends SettingsSpec> = { readonly [Name in keyof Spec]: number }

export interface Context<Spec extends SettingsSpec = SettingsSpec, Shared = unknown> {
  /** Event time: `at` of the fact being observed, or the moment of the timer. */
  readonly now: Seconds
  readonly key: string
  readonly settings: SettingsOf<Spec>
  /** A draft of the detector's `shared` state, to be changed in place; undefined where it has none. */
  readonly shared: Shared
  readonly delivery: Delivery
  /**
   * The fact comes out of a backlog that has calmed down, in the order in which it happened: it is judged as of its
   * own time, though newer ones may have been judged before.
   */
  readonly held: boolean
  /** The tenant's zone and its country's holidays. */
  readonly calendar: Calendar
  /** What Stripe's API had said of the stream by a moment; undefined where it is not asked. */
  stripe(at: Seconds): StripeAnswer | undefined
  /** What people have said by now of this detector's incidents in this stream, oldest first: the newest 100. */
  readonly feedback: readonly Feedback[]
}

/**
 * A person has called an incident a false positive. It counts from the moment it was said, in a replay too, until it is
 * taken back by reopening the incident.
 */
export interface Feedback {
  /** When it was said. */
  at: Seconds
  fingerprint: string
  /** Of the incident. */
  startedAt: Seconds
  lastSeenAt: Seconds
  customer: string | null
}

/** What Stripe's API said of a stream, and when. */
export interface StripeAnswer {
  at: Seconds
  /** Up to then every event at Stripe is stored. */
  through: Seconds
  /** Whether it answered; else what it said before still holds. */
  answered: boolean
  /** How the webhook endpoint stands at Stripe; null: not known. */
  endpoint: string | null
}

/** Whether Stripe's events reach us, as WEBHOOK_LAG knows it. */
export interface Delivery {
  /** Nothing arrives now, and that is odd. Alarms from absence wait. */
  readonly quiet: boolean
  /** When delivery was last disturbed (quiet or late); alarms from absence wait for a while after. */
  readonly disturbedAt: Seconds | undefined
  /** Start of each whole hour in [from, to) that was lost to silence or lateness: neither observed nor expected, never learned. */
  dark(from: Seconds, to: Seconds): readonly Seconds[]
  /** Whether it may still turn out that dark hours in [from, to) were only quiet: whoever learns days waits for it. */
  undecided(from: Seconds, to: Seconds): boolean
  /**
   * By the number of an hour in [from, to): how much of what is usual may be expected, from 0 (closed as a rule, or on
   * such holidays) to 1.
   */
  open(from: Seconds, to: Seconds): (hour: number) => number
}

/** Where nobody watches delivery. */
export const UNDISTURBED: Delivery = {
  quiet: false,
  disturbedAt: undefined,
  dark: () => [],
  undecided: () => false,
  open: () => () => 1,
}

/** What a detector asks for after one fact or timer. */
export interface Step {
  findings?: readonly Finding[] | undefined
  /** Incidents of this key that have ceased, and when. */
  ended?: readonly Ending[] | undefined
  /** The key's one timer: replaces the last; null takes it away; undefined leaves it. */
  wakeAt?: Seconds | null
  /** Drop this key's state: nothing in it matters any more. */
  forget?: boolean
}

export interface Ending {
  fingerprint: string
  at: Seconds
  /** Said at the end of the incident's message, e.g. that the new level is now taken as usual. */
  note?: string | undefined
}

/** One sign of an incident, complete each time: while it is open the newest finding's words and numbers replace the last. */
export interface Finding {
  /** With the detector's name the identity of the incident; made of objects only, never of arrival. */
  fingerprint: string
  severity: Severity
  /** 0 to 1: one minus the chance of this under the baseline; 1 for what is simply so. */
  confidence: number
  title: string
  message: string
  advice: string
  /** When the behaviour began. */
  startedAt: Seconds
  /** How many signs this finding adds to the incident: all since the onset at first, then usually 1. */
  signs: number
  customer?: string | undefined
  impact?: Amount | undefined
  /** The Stripe objects involved, newest last; the engine keeps the first 200 of an incident. */
  subjects: readonly Subject[]
  /** Stripe event ids that show it besides the event being observed, which the engine adds by itself. */
  events?: readonly string[] | undefined
  /** The observed against the usual with its threshold first. */
  evidence: readonly Measurement[]
  /** Called once, when the incident is first raised; at most 200 points. */
  series?: (() => readonly SeriesPoint[]) | undefined
  /** The incident ends by itself when no sign came for this long. Without it the detector must say when it ended. */
  endsAfter?: Seconds
}

/** Minor units of the currency, which is in lower case as Stripe writes it. */
export interface Amount {
  amount: number
  currency: string
}

export interface Subject {
  /** Stripe's object type: `charge`, `invoice`, `subscription`, `customer`, `refund`, `dispute`… */
  type: string
  id: string
}

export interface Measurement {
  name: string
  observed: number
  expected?: number
  threshold?: number
  unit: Unit
  /** With unit MONEY. */
  currency?: string
}

export interface SeriesPoint {
  at: Seconds
  observed: number
  expected?: number
  lower?: number
  upper?: number
}

export type { Fact }
