/** Stripe's API versions of which the tests know the shapes. */
export const VERSIONS = [
  '2020-03-02',
  '2022-08-01',
  '2022-11-15',
  '2024-06-20',
  '2025-03-31.basil',
  '2025-09-30.clover',
  '2026-10-28.endive',
] as const
export type Version = (typeof VERSIONS)[number]
export const NEWEST: Version = '2026-10-28.endive'

/** Version names begin with their date, so text order is their order. */
export const since = (version: Version, date: string): boolean => version >= date
export const basil = (version: Version): boolean => since(version, '2025-03-31')
