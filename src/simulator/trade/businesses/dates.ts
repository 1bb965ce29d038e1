import type { Seconds } from '../../../time.ts'

/** Midnight UTC of a day; months count from 1. */
export const day = (year: number, month: number, date: number): Seconds =>
  Date.UTC(year, month - 1, date) / 1000
