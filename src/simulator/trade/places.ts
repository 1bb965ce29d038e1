import type { Place } from './business.ts'

const place = (zone: string, country: Place['country'], currency: string): Place => ({
  zone,
  country,
  currency,
})

export const BERLIN = place('Europe/Berlin', 'DE', 'eur')
export const LONDON = place('Europe/London', 'GB', 'gbp')
export const PARIS = place('Europe/Paris', 'FR', 'eur')
export const NEW_YORK = place('America/New_York', 'US', 'usd')
export const CHICAGO = place('America/Chicago', 'US', 'usd')
export const LOS_ANGELES = place('America/Los_Angeles', 'US', 'usd')
export const SAO_PAULO = place('America/Sao_Paulo', 'BR', 'brl')
/** Three and a half hours behind UTC, with daylight saving time. */
export const ST_JOHNS = place('America/St_Johns', 'CA', 'cad')
export const KOLKATA = place('Asia/Kolkata', 'IN', 'inr')
/** Five hours and three quarters ahead of UTC. */
export const KATHMANDU = place('Asia/Kathmandu', 'NP', 'usd')
export const TOKYO = place('Asia/Tokyo', 'JP', 'jpy')
export const SYDNEY = place('Australia/Sydney', 'AU', 'aud')
/** Half hours and daylight saving time of the south. */
export const ADELAIDE = place('Australia/Adelaide', 'AU', 'aud')
export const AUCKLAND = place('Pacific/Auckland', 'NZ', 'aud')
export const JOHANNESBURG = place('Africa/Johannesburg', 'ZA', 'usd')
